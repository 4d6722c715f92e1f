"""A delivery is stored, readable or not, before anything is made of it.

The stored delivery is the "ask" of the one door: it is committed before the gateway is called. To
keep another field of the body: `_row`.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from payments.core.text import clean
from payments.models import DeliveryOutcome, Payment, WebhookDelivery

from .body import Reading, read

MAX_BODY = 16 * 1024
# In case the process that has stored it dies before it has looked.
FIRST_PAUSE = timedelta(minutes=1)


def receive(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted. What there is to ask about is left `RECEIVED`, with its turn set."""
    reading, now = read(body=body, content_type=content_type), timezone.now()
    delivery = _row(reading, now)
    delivery.remote_address = remote_address
    delivery.content_type = clean(content_type, 100)
    delivery.payment = _order(delivery)
    delivery.save(force_insert=True)
    return delivery


def _row(reading: Reading, now: datetime) -> WebhookDelivery:
    delivery = WebhookDelivery(
        received_at=now,
        body=reading.text,
        imp_uid=reading.text_of("imp_uid"),
        merchant_uid=reading.text_of("merchant_uid"),
        claimed_status=reading.text_of("status", 32),
        cancellation_id=reading.text_of("cancellation_id"),
    )
    delivery.outcome = _first_outcome(reading, delivery)
    if delivery.outcome == DeliveryOutcome.RECEIVED:
        delivery.next_attempt_at = now + FIRST_PAUSE
    else:
        delivery.processed_at = now
    return delivery


def _first_outcome(reading: Reading, delivery: WebhookDelivery) -> DeliveryOutcome:
    if reading.fields is None:
        return DeliveryOutcome.INVALID
    # The console's test button sends no real id (contract, pitfall 28).
    return DeliveryOutcome.RECEIVED if delivery.has_id else DeliveryOutcome.TEST_CALL


def _order(delivery: WebhookDelivery) -> Payment | None:
    """The order that the body speaks of, by its number before its attempt's id, in one query."""
    number, imp_uid = delivery.merchant_uid, delivery.imp_uid
    named = Q(merchant_uid=number) if number else Q(pk=None)
    if delivery.has_id:
        named |= Q(imp_uid=imp_uid)
    rows = list(Payment.objects.filter(named)[:2]) if number or delivery.has_id else []
    return next((row for row in rows if row.merchant_uid == number), next(iter(rows), None))
