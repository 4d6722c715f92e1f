"""The page of one payment: its head, the order beside the gateway's answer, what happened.

Plain values for the template; the reading is done by `selectors.payments.detail` and
`selectors.payments.timeline`. A field that is compared goes to a heading in `_HEADINGS`; a fact
that is only ours to tell goes to `facts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.compared_value import Value, compared_value
from payments.admin.shared.display import (
    NOTHING,
    badge,
    moment,
    status_badge,
    verification_badge,
    won,
)
from payments.models import Payment
from payments.selectors.payments import detail
from payments.selectors.payments import timeline as history
from payments.selectors.payments.detail import Agreement, ComparedField
from payments.selectors.payments.timeline import Before
from payments.states import PaymentStatus

from .timeline import timeline_row

_HEADINGS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (pgettext_lazy("purchase", "Order"), frozenset({"merchant_uid", "status"})),
    (gettext_lazy("Money"), frozenset({"amount", "cancelled_amount", "currency"})),
    (
        gettext_lazy("Payment"),
        frozenset({"imp_uid", "pay_method", "pg_provider", "apply_num", "vbank_num"}),
    ),
    (gettext_lazy("Times"), frozenset({"paid_at", "failed_at", "cancelled_at"})),
)
_COPIED = frozenset({"imp_uid", "apply_num", "vbank_num"})
_LOOKS = {
    Agreement.SAME: "good",
    Agreement.DIFFERENT: "bad",
    Agreement.CHANGED_SINCE: "wait",
    Agreement.ONLY_THERE: "quiet",
    Agreement.ONLY_HERE: "quiet",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One sum in the head of the page."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One field of the comparison in words.

    `copied` and `copied_theirs` are what the copy buttons take, "" for none.
    """

    label: str | Promise
    ours: Value
    theirs: Value
    verdict: SafeString | str
    differs: bool
    because: str
    copied: str
    copied_theirs: str


@dataclass(frozen=True, slots=True)
class ComparedGroup:
    """Fields under one heading."""

    title: str | Promise
    rows: list[ComparedRow]


def head(payment: Payment) -> dict[str, object]:
    """What stands above everything: what it is, and how much."""
    return {
        "status": status_badge(payment),
        "verification": verification_badge(payment),
        "verified_at": moment(payment.verified_at) if payment.verified_at else "",
        "figures": _figures(payment),
    }


def _figures(payment: Payment) -> list[Figure]:
    """The amount; what went back and what is left, once money has come in."""
    gross = Figure(_("amount"), won(payment.amount))
    if payment.status not in {PaymentStatus.PAID, PaymentStatus.CANCELLED}:
        return [gross]
    return [
        gross,
        Figure(_("refunded amount"), won(payment.cancelled_amount)),
        Figure(_("net amount"), won(payment.net_amount)),
    ]


def compared(payment: Payment) -> dict[str, object]:
    """The order and the answer that matters, for the template."""
    found = detail.comparison(payment)
    answered = found.event is not None
    return {
        "answered": moment(found.event.recorded_at) if found.event else "",
        "answer_anchor": f"event-{found.event.sequence}" if found.event else "",
        "compared": _groups(found.fields, answered),
        "differences": sum(one.agreement is Agreement.DIFFERENT for one in found.fields),
        "findings": [finding.label for finding in found.findings],
        "findings_note": found.event.note if found.event and found.findings else "",
        "is_superseded": found.is_superseded,
    }


def _groups(fields: Sequence[ComparedField], answered: bool) -> list[ComparedGroup]:
    ours = {one.name: one.ours for one in fields}
    theirs = {one.name: one.theirs for one in fields}
    rows = {one.name: _compared_row(one, ours, theirs, answered) for one in fields}
    groups = [
        ComparedGroup(title, [row for name, row in rows.items() if name in names])
        for title, names in _HEADINGS
    ]
    return [group for group in groups if group.rows]


def _compared_row(
    field: ComparedField,
    our_side: Mapping[str, object],
    their_side: Mapping[str, object],
    answered: bool,
) -> ComparedRow:
    verdicts = {
        Agreement.SAME: _("same"),
        Agreement.DIFFERENT: _("differs"),
        Agreement.CHANGED_SINCE: _("changed here since"),
        Agreement.ONLY_THERE: _("only at the gateway"),
        Agreement.ONLY_HERE: _("only here"),
    }
    is_id = field.name in _COPIED
    ours, theirs = (str(one or "") if is_id else "" for one in (field.ours, field.theirs))
    verdict = badge(_LOOKS[field.agreement], verdicts[field.agreement]) if answered else ""
    return ComparedRow(
        label=field.label,
        ours=compared_value(field.name, field.ours, our_side),
        theirs=compared_value(field.name, field.theirs, their_side) if answered else NOTHING,
        verdict=verdict,
        differs=field.agreement is Agreement.DIFFERENT,
        because="; ".join(str(finding.label) for finding in field.findings),
        copied=ours,
        copied_theirs=theirs if theirs != ours else "",
    )


def before_of(request: HttpRequest) -> Before:
    """Where the timeline starts, from the address; the newest for anything that is no number."""
    return Before(_number(request.GET.get("event")), _number(request.GET.get("webhook")))


def _number(text: str | None) -> int:
    usable = text and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if text and usable else 0


def timeline(payment: Payment, request: HttpRequest, *, unmasked: bool) -> dict[str, object]:
    """One page of what happened, of what this person may see of it; {} if nothing."""
    with_events = request.user.has_perm("payments.view_paymentevent")
    with_deliveries = request.user.has_perm("payments.view_webhookdelivery")
    if not (with_events or with_deliveries):
        return {}
    before = before_of(request)
    found = history.timeline(
        payment, before=before, with_events=with_events, with_deliveries=with_deliveries
    )
    return {
        "timeline": [timeline_row(entry, unmasked=unmasked) for entry in found.entries],
        "older": found.older,
        "is_older": before != Before(),
    }
