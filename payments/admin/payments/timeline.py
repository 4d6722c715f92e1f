"""The timeline of a payment: rows of the ledger and webhook deliveries, as a person reads them.

Rows are shown on the payment's page only (page/event.html, page/delivery.html); they have no screen
on which anybody could edit them. To give a reason code its label, add it to `_REASONS`; what the
gateway itself says is in `_GATEWAY_SAYS`.
"""

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import gateway
from payments.admin.shared.gateway_answer import gateway_answer
from payments.core.text import whole_number
from payments.models import Payment, PaymentEvent, WebhookDelivery
from payments.selectors.payments import timeline as selector
from payments.selectors.payments.customers import called, called_then, learn_confirmed
from payments.selectors.payments.timeline import Before
from payments.services.open_orders.mark_failed import GATEWAY_SILENT
from payments.states import ANSWERS, OF_CUSTOMERS, EventKind, FailReason, Finding, Source


class Voice(TextChoices):
    """Who speaks in a row: each has its own shape, word and colour on the page."""

    GATEWAY = "gateway", _("Gateway")
    WEBHOOK = "webhook", _("Webhook")
    STAFF = "staff", _("Staff")
    CUSTOMER = "customer", _("Customer")
    SYSTEM = "system", _("System")


_VOICE_OF = {
    **dict.fromkeys(OF_CUSTOMERS, Voice.CUSTOMER),
    Source.WEBHOOK: Voice.WEBHOOK,
    Source.ADMIN: Voice.STAFF,
    Source.COMMAND: Voice.SYSTEM,
    Source.RUN: Voice.SYSTEM,
    Source.SWEEP: Voice.SYSTEM,
    Source.RECONCILIATION: Voice.SYSTEM,
}
# What the gateway says, whoever asked.
_GATEWAY_SAYS = ANSWERS | {EventKind.PREPARED, EventKind.UNKNOWN}
# Steps on the way to one of the others.
_QUIET = frozenset({EventKind.PREPARE_ASKED, EventKind.PREPARED, EventKind.ASKED})
_LOOKS = {
    EventKind.PAID: "good",
    EventKind.CONFIRMED: "good",
    EventKind.CANCELLED: "note",
    EventKind.REFUND_CHANGED: "note",
    EventKind.NOTE: "note",
    EventKind.TAKEN_IN: "note",
    EventKind.CUSTOMER_SET: "note",
    EventKind.ERASED: "note",
    EventKind.FAILED: "bad",
    EventKind.MARKED_FAILED: "bad",
    EventKind.REFUSED: "bad",
    EventKind.DISCREPANCY: "bad",
    EventKind.NOT_FOUND: "wait",
    EventKind.UNKNOWN: "wait",
    EventKind.VBANK_ISSUED: "wait",
    EventKind.VBANK_MOVED: "wait",
}
_REASONS = {
    **{reason.value: reason.label for reason in FailReason},
    **{finding.value: finding.label for finding in Finding},
    "late_approval": _("Approved after it was closed as failed"),
    "prepare_refused": _("The gateway refused the order"),
    "prepare_unanswered": _("The gateway did not answer"),
    GATEWAY_SILENT: _("Closed without the gateway's word, which did not answer"),
}
# Orders that failed because of trouble with the gateway; the note says which.
_TROUBLE = frozenset({"prepare_refused", "prepare_unanswered"})


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
    actors = (entry.actor for entry in page.entries if isinstance(entry, PaymentEvent))
    # With the customer, whom the page names as well: one question for all of them.
    learn_confirmed([payment.user, *actors])
    return {
        "timeline": [_row(entry, unmasked=unmasked) for entry in page.entries],
        "older": page.older,
        "is_older": before != Before(),
    }


def _before(request: HttpRequest) -> Before:
    """Where it starts, from the URL; the newest for anything that is no number."""
    event, delivery = (whole_number(request.GET.get(name)) for name in ("event", "webhook"))
    return Before(event or 0, delivery or 0)


def _row(entry: PaymentEvent | WebhookDelivery, *, unmasked: bool) -> dict[str, object]:
    """An event or a delivery with what the template can't know of it; `by` is who and which way."""
    if isinstance(entry, WebhookDelivery):
        return {"delivery": entry, "voice": Voice.WEBHOOK}
    kind, source = EventKind(entry.kind), Source(entry.source)
    voice = Voice.GATEWAY if kind in _GATEWAY_SAYS else _VOICE_OF[source]
    return {
        "event": entry,
        "look": _LOOKS.get(kind, "quiet"),
        "is_quiet": kind in _QUIET,
        "voice": voice,
        "by": _by(entry, source, voice, unmasked=unmasked),
        "reason": _reason(entry),
        "note": _note(entry),
        "answer": gateway_answer(entry),
    }


def _reason(event: PaymentEvent) -> str:
    """Why; of a refund that was taken back, the PG's day, which is what the row holds."""
    if event.kind == EventKind.REFUND_CHANGED and event.reason_code:
        return gettext("Taken back at the PG on %(day)s") % {"day": event.reason_code}
    return reason_label(event.reason_code)


def _note(event: PaymentEvent) -> str:
    """What somebody wrote, as it is; what went wrong at the gateway, in words, and what differs."""
    if event.kind == EventKind.DISCREPANCY and event.note:
        return gettext("Approved attempts: %(ids)s") % {"ids": event.note}
    is_trouble = event.kind == EventKind.UNKNOWN or event.reason_code in _TROUBLE
    return str(gateway.in_words(event.note)) if event.note and is_trouble else event.note


def _by(event: PaymentEvent, source: Source, voice: Voice, *, unmasked: bool) -> str:
    name = called_then(event.actor_name, event.actor) if event.actor_name else ""
    if source in OF_CUSTOMERS and event.actor is not None:
        name = called(event.actor, unmasked=unmasked)
    # "Staff · Staff" would say it twice.
    way = "" if str(source.label) == str(voice.label) else str(source.label)
    return " · ".join(part for part in (way, name) if part)


def reason_label(code: str) -> str:
    """Reason codes, joined by commas, in words."""
    return "; ".join(str(_REASONS.get(part, part)) for part in code.split(",") if part)
