"""A delivery is stored, readable or not, before anything is made of it.

The stored delivery is the "ask" of the one door: it is committed before the gateway is called. To
keep another field of the body: `_row`.
"""

import hashlib
import logging
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from payments import conf
from payments.core.addresses import line_of
from payments.core.posted_body import Reading, read
from payments.core.text import clean
from payments.models import DeliveryOutcome, Payment, WebhookDelivery
from payments.services import limits

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 1024
# Characters that are kept. A real body has less than 200; anybody can post the rest.
KEPT_OF_OURS, KEPT_OF_STRANGERS = 4_096, 256
MINUTE = timedelta(minutes=1)
STRANGERS = "webhooks:strangers"
# Who has stored it looks at once. If that was not to be, a worker does after this: the gateway was
# silent, too many were being looked at, or the process has died.
FIRST_LOOK = timedelta(seconds=2)


class TooMany(Exception):
    """One address posts too much that is about none of our orders. `seconds` until it may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def receive(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted. What there is to ask about is left `RECEIVED`, with its turn set.

    Raises TooMany as `delivery_of` does: then nothing is stored.
    """
    delivery = delivery_of(body=body, content_type=content_type, remote_address=remote_address)
    delivery.save(force_insert=True)
    return delivery


def delivery_of(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """What was posted as a row that is not stored yet, with the order that it speaks of.

    What is about an order of ours is always taken. Raises TooMany for more of the rest than one
    address may post in a minute.
    """
    # JSON or form is a switch in the gateway's console (contract 5).
    reading = read(body=body, content_type=content_type, matters="imp_uid")
    now = timezone.now()
    delivery = _row(reading, now)
    delivery.payment = _order(delivery)
    if delivery.payment is None:
        _check_limit(remote_address, now)
    delivery.remote_address = remote_address
    delivery.content_type = clean(content_type, 100)
    _keep_body(delivery, reading.text, body)
    return delivery


def _check_limit(remote_address: str | None, now: datetime) -> None:
    at_most, line = conf.webhooks().strangers_per_minute, line_of(remote_address)
    if not at_most:
        return
    hit = limits.hit(scope=STRANGERS, key=line, at_most=at_most, window=MINUTE, now=now)
    if hit.is_first_over:
        logger.warning("webhooks of strangers are over the limit", extra={"address": line})
    if hit.is_over:
        raise TooMany(max(1, round((hit.ends_at - now).total_seconds())))


def _keep_body(delivery: WebhookDelivery, text: str, body: bytes) -> None:
    """All of it, or its beginning: what can't be about our orders is not worth much room."""
    kept = KEPT_OF_STRANGERS if delivery.payment is None else KEPT_OF_OURS
    delivery.body = text[:kept]
    delivery.body_size = len(body)
    if len(text) > kept:
        delivery.body_hash = hashlib.sha256(body).hexdigest()


def _row(reading: Reading, now: datetime) -> WebhookDelivery:
    delivery = WebhookDelivery(
        received_at=now,
        imp_uid=reading.text_of("imp_uid"),
        merchant_uid=reading.text_of("merchant_uid"),
        claimed_status=reading.text_of("status", 32),
        cancellation_id=reading.text_of("cancellation_id"),
    )
    delivery.outcome = _first_outcome(reading, delivery)
    if delivery.outcome == DeliveryOutcome.RECEIVED:
        delivery.next_attempt_at = now + FIRST_LOOK
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
    orders = Payment.objects.only("merchant_uid", "imp_uid", "status").filter(named)
    rows = list(orders[:2]) if number or delivery.has_id else []
    return next((row for row in rows if row.merchant_uid == number), next(iter(rows), None))
