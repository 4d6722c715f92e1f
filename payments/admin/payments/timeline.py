"""The timeline of a payment: rows of the ledger and webhook deliveries, as a person reads them.

Rows are shown on the payment's page only; they have no screen on which anybody could edit them. To
give a reason code its label, add it to `_REASONS`; what the gateway itself says is in
`_GATEWAY_SAYS`.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.display import badge, moment, outcome_badge, won
from payments.admin.shared.gateway_answer import GatewayAnswer, gateway_answer
from payments.core.masking import mask_email
from payments.core.text import whole_number
from payments.models import Payment, PaymentEvent, WebhookDelivery
from payments.selectors.payments import timeline as selector
from payments.selectors.payments.timeline import Before
from payments.services.open_orders.mark_failed import GATEWAY_SILENT
from payments.states import EventKind, FailReason, Finding, PaymentStatus, Source


class Voice(StrEnum):
    """Who speaks in a row: each has its own shape, word and colour on the page."""

    GATEWAY = "gateway"
    WEBHOOK = "webhook"
    STAFF = "staff"
    CUSTOMER = "customer"
    SYSTEM = "system"


VOICES: dict[Voice, str | Promise] = {
    Voice.GATEWAY: gettext_lazy("Gateway"),
    Voice.WEBHOOK: gettext_lazy("Webhook"),
    Voice.STAFF: gettext_lazy("Staff"),
    Voice.CUSTOMER: gettext_lazy("Customer"),
    Voice.SYSTEM: gettext_lazy("System"),
}
_VOICE_OF = {
    Source.CHECKOUT: Voice.CUSTOMER,
    Source.BROWSER: Voice.CUSTOMER,
    Source.REDIRECT: Voice.CUSTOMER,
    Source.GIVE_UP: Voice.CUSTOMER,
    Source.WEBHOOK: Voice.WEBHOOK,
    Source.ADMIN: Voice.STAFF,
    Source.COMMAND: Voice.SYSTEM,
    Source.RUN: Voice.SYSTEM,
    Source.SWEEP: Voice.SYSTEM,
    Source.RECONCILIATION: Voice.SYSTEM,
}
# What the gateway says, whoever asked.
_GATEWAY_SAYS = frozenset(
    {
        EventKind.PREPARED,
        EventKind.CONFIRMED,
        EventKind.VBANK_ISSUED,
        EventKind.PAID,
        EventKind.FAILED,
        EventKind.CANCELLED,
        EventKind.DISCREPANCY,
        EventKind.NOT_FOUND,
        EventKind.UNKNOWN,
    }
)
# Steps on the way to one of the others.
_QUIET = frozenset({EventKind.PREPARE_ASKED, EventKind.PREPARED, EventKind.ASKED})
_LOOKS = {
    EventKind.PAID: "good",
    EventKind.CONFIRMED: "good",
    EventKind.CANCELLED: "note",
    EventKind.NOTE: "note",
    EventKind.TAKEN_IN: "note",
    EventKind.CUSTOMER_SET: "note",
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
    GATEWAY_SILENT: gettext_lazy("Closed without the gateway's word, which did not answer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """One event or delivery in words. `by` is who asked or wrote, and on which way it came in."""

    anchor: str
    when: SafeString | str
    what: SafeString
    voice: Voice
    by: str
    is_quiet: bool = False
    status: str = ""
    amount: str = ""
    reason: str = ""
    note: str = ""
    imp_uid: str = ""
    answer: GatewayAnswer | None = None
    url: str = ""

    @property
    def voice_label(self) -> str:
        """Who speaks, in a word."""
        return str(VOICES[self.voice])


def timeline(payment: Payment, request: HttpRequest, *, unmasked: bool) -> dict[str, object]:
    """One page of what happened, of what this person may see of it; {} if nothing."""
    with_events = request.user.has_perm("payments.view_paymentevent")
    with_deliveries = request.user.has_perm("payments.view_webhookdelivery")
    if not (with_events or with_deliveries):
        return {}
    before = _before(request)
    page = selector.timeline(
        payment, before=before, with_events=with_events, with_deliveries=with_deliveries
    )
    return {
        "timeline": [_row(entry, unmasked=unmasked) for entry in page.entries],
        "older": page.older,
        "is_older": before != Before(),
    }


def _before(request: HttpRequest) -> Before:
    """Where it starts, from the URL; the newest for anything that is no number."""
    event, delivery = (whole_number(request.GET.get(name)) for name in ("event", "webhook"))
    return Before(event or 0, delivery or 0)


def _row(entry: PaymentEvent | WebhookDelivery, *, unmasked: bool) -> TimelineRow:
    """Customers are masked unless `unmasked`."""
    if isinstance(entry, WebhookDelivery):
        return _delivery_row(entry)
    kind, source = EventKind(entry.kind), Source(entry.source)
    voice = Voice.GATEWAY if kind in _GATEWAY_SAYS else _VOICE_OF[source]
    return TimelineRow(
        anchor=f"event-{entry.sequence}",
        when=moment(entry.recorded_at),
        what=badge(_LOOKS.get(kind, "quiet"), kind.label),
        voice=voice,
        by=_by(entry, source, voice, unmasked=unmasked),
        is_quiet=kind in _QUIET,
        status=_status(entry),
        amount=_signed(entry.amount),
        reason=reason_label(entry.reason_code),
        note=entry.note,
        imp_uid=entry.imp_uid,
        answer=gateway_answer(entry),
    )


def _delivery_row(delivery: WebhookDelivery) -> TimelineRow:
    claim = _("Says “%(status)s”.") % {"status": delivery.claimed_status}
    return TimelineRow(
        anchor=f"webhook-{delivery.pk}",
        when=moment(delivery.received_at),
        what=outcome_badge(delivery),
        voice=Voice.WEBHOOK,
        by=delivery.remote_address or "",
        note=claim if delivery.claimed_status else "",
        imp_uid=delivery.imp_uid,
        url=reverse("admin:payments_webhookdelivery_change", args=[delivery.pk]),
    )


def _by(event: PaymentEvent, source: Source, voice: Voice, *, unmasked: bool) -> str:
    name = event.actor_name
    if name and _VOICE_OF[source] is Voice.CUSTOMER and not unmasked:
        name = mask_email(name)
    # "Staff · Staff" would say it twice.
    way = "" if str(source.label) == str(VOICES[voice]) else str(source.label)
    return " · ".join(part for part in (way, name) if part)


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


def reason_label(code: str) -> str:
    """Reason codes, joined by commas, in words."""
    return "; ".join(str(_REASONS.get(part, part)) for part in code.split(",") if part)
