"""The timeline of a payment: one row of the ledger as a person reads it.

Rows are shown on the payment's page only; they have no screen on which anybody could edit them. To
give a reason code its words, add it to `_REASONS`.
"""

import json
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import PaymentEvent
from payments.states import EventKind, FailReason, Finding, PaymentStatus, Source

from .widgets import badge, moment, won

_LOOKS = {
    EventKind.PAID: "good",
    EventKind.CONFIRMED: "good",
    EventKind.CANCELLED: "note",
    EventKind.FAILED: "bad",
    EventKind.MARKED_FAILED: "bad",
    EventKind.REFUSED: "bad",
    EventKind.DISCREPANCY: "bad",
    EventKind.NOT_FOUND: "wait",
    EventKind.UNKNOWN: "wait",
    EventKind.VBANK_ISSUED: "wait",
}
_REASONS = {
    **{reason.value: reason.label for reason in FailReason},
    **{finding.value: finding.label for finding in Finding},
    "late_approval": gettext_lazy("Approved after it was closed as failed"),
    "prepare_refused": gettext_lazy("The gateway refused the order"),
    "prepare_unanswered": gettext_lazy("The gateway did not answer"),
}


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One event in words."""

    number: int
    when: SafeString | str
    what: SafeString
    source: str
    origin: str
    who: str
    status: str
    amount: str
    reason: str
    note: str
    imp_uid: str
    answer: str


def timeline_row(event: PaymentEvent) -> TimelineRow:
    """The event as a row of the timeline."""
    kind = EventKind(event.kind)
    return TimelineRow(
        number=event.sequence,
        when=moment(event.recorded_at),
        what=badge(_LOOKS.get(kind, "quiet"), kind.label),
        source=str(Source(event.source).label),
        origin=event.source,
        who=event.actor_name,
        status=_status(event),
        amount=_signed(event.amount),
        reason=_reason(event.reason_code),
        note=event.note,
        imp_uid=event.imp_uid,
        answer=json.dumps(event.answer_data, indent=2, ensure_ascii=False) if event.answer else "",
    )


def _status(event: PaymentEvent) -> str:
    if event.status_before == event.status_after or not event.status_before:
        return ""
    return _("%(before)s → %(after)s") % {
        "before": PaymentStatus(event.status_before).label,
        "after": PaymentStatus(event.status_after).label,
    }


def _signed(amount: int) -> str:
    """Money in with a plus, money out with a minus, none for an event that moves none."""
    if not amount:
        return ""
    return f"{'+' if amount > 0 else '−'}{won(abs(amount))}"


def _reason(code: str) -> str:
    return "; ".join(str(_REASONS.get(one, one)) for one in code.split(",") if one)
