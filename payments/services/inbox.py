"""Webhooks: stored first, then the gateway is asked, then its answer is applied.

The stored delivery is the "ask" of the one door: it is committed before the call. A body proves
nothing (contract 5: no signature), so it never writes to a payment by itself; only what the gateway
answers does, and to the order that the *gateway* names.
"""

import json
import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from django.utils import timezone

from payments.ledger import clean
from payments.models import DeliveryOutcome, Payment, WebhookDelivery
from payments.states import EventKind, Source

from .conclusion import Absent, Answer, Question, Silence
from .verification import Result, call, settle

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 1024

_OUTCOME_OF = {
    EventKind.CONFIRMED: DeliveryOutcome.HARMLESS,
    EventKind.DISCREPANCY: DeliveryOutcome.MISMATCHED,
}


def receive(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted, readable or not. Commits before anything else happens."""
    text = clean(body.decode("utf-8", "replace"))
    fields = _fields(text)
    return WebhookDelivery.objects.create(
        received_at=timezone.now(),
        remote_address=remote_address,
        content_type=clean(content_type, 100),
        body=text,
        imp_uid=_field(fields, "imp_uid"),
        merchant_uid=_field(fields, "merchant_uid"),
        claimed_status=_field(fields, "status", 32),
        cancellation_id=_field(fields, "cancellation_id"),
        payment=_claimed_payment(fields),
        outcome=DeliveryOutcome.RECEIVED if fields is not None else DeliveryOutcome.INVALID,
    )


def _fields(text: str) -> Mapping[str, object] | None:
    """The body's fields, None if it is unreadable. JSON or form, whatever the header says.

    The content type is a switch in the gateway's console (contract 5); a proxy may drop the header.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = dict(parse_qsl(text))
    return data if isinstance(data, dict) and data else None


def _field(fields: Mapping[str, object] | None, name: str, limit: int = 64) -> str:
    value = (fields or {}).get(name)
    return clean(str(value).strip(), limit) if isinstance(value, (str, int)) else ""


def _claimed_payment(fields: Mapping[str, object] | None) -> Payment | None:
    """The payment that the body speaks of, so that staff find the delivery beside it."""
    number = _field(fields, "merchant_uid")
    return Payment.objects.filter(merchant_uid=number).first() if number else None


def process(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Ask the gateway about a stored delivery and apply the answer. Safe to repeat."""
    if delivery.outcome == DeliveryOutcome.INVALID:
        return _finish(delivery, DeliveryOutcome.INVALID)
    if not delivery.imp_uid.startswith("imp"):
        # The console's test button sends no real id (contract, pitfall 28).
        return _finish(delivery, DeliveryOutcome.TEST_CALL)
    try:
        return _look(delivery)
    except Exception as error:
        # Whatever goes wrong with us, the delivery keeps it; the gateway sees a 500 and may repeat.
        _finish(delivery, DeliveryOutcome.FAILED, error=repr(error))
        raise


def _look(delivery: WebhookDelivery) -> WebhookDelivery:
    answer = call(_question(delivery, None))
    if isinstance(answer, Silence):
        return _finish(delivery, DeliveryOutcome.FAILED, error=answer.why)
    if isinstance(answer, Absent):
        return _finish(delivery, DeliveryOutcome.FORGED)
    return _apply(delivery, answer)


def _apply(delivery: WebhookDelivery, answer: Answer) -> WebhookDelivery:
    payment = Payment.objects.filter(merchant_uid=answer.payment.merchant_uid).first()
    if payment is None:
        return _finish(delivery, DeliveryOutcome.UNKNOWN_ORDER)
    result = settle(question=_question(delivery, payment), answer=answer, quiet=True)
    if delivery.merchant_uid and delivery.merchant_uid != answer.payment.merchant_uid:
        return _finish(delivery, DeliveryOutcome.FORGED)
    delivery.payment = payment
    return _finish(delivery, _outcome(result))


def _outcome(result: Result) -> DeliveryOutcome:
    return _OUTCOME_OF.get(result.kind, DeliveryOutcome.APPLIED)


def _question(delivery: WebhookDelivery, payment: Payment | None) -> Question:
    return Question(
        payment_id=payment.pk if payment else 0,
        merchant_uid=payment.merchant_uid if payment else "",
        attempt=f"webhook-{delivery.pk}-{delivery.attempts + 1}",
        source=Source.WEBHOOK,
        imp_uid=delivery.imp_uid,
    )


def _finish(
    delivery: WebhookDelivery, outcome: DeliveryOutcome, error: str = ""
) -> WebhookDelivery:
    delivery.outcome = outcome
    delivery.error = clean(error)
    delivery.attempts += 1
    delivery.processed_at = timezone.now()
    delivery.save(update_fields=["outcome", "error", "attempts", "processed_at", "payment"])
    logger.info("webhook processed", extra={"delivery": delivery.pk, "outcome": str(outcome)})
    return delivery
