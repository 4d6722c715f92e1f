"""Webhooks: stored first, then the gateway is asked, then its answer is applied.

The stored delivery is the "ask" of the one door: it is committed before the call. A body proves
nothing (contract 5: no signature), so it never writes to a payment by itself; only what the gateway
answers does, and to the order that the *gateway* names.

Each attempt is counted, and the next one fixed, before it begins: a delivery that kills its process
is tried again by `retry_failed` after growing pauses, and given up in the end, like any other that
fails.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from django.utils import timezone

from payments.core.text import clean
from payments.models import UNSETTLED, DeliveryOutcome, Payment, WebhookDelivery
from payments.states import EventKind, Source

from .verification.conclude import Answer, NoAnswer, Question
from .verification.settle import Result, settle
from .verification.silence_limit import SilenceLimit
from .verification.verify import call

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 1024
# About a day of trying; after that, sweep and reconciliation have found what it was about.
ATTEMPTS = 30
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# How many deliveries are tried again in one go.
AT_ONCE = 500

_OUTCOME_OF = {
    EventKind.CONFIRMED: DeliveryOutcome.HARMLESS,
    EventKind.DISCREPANCY: DeliveryOutcome.MISMATCHED,
}


def accept(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted, then look into it: the delivery with what came of it."""
    delivery = receive(body=body, content_type=content_type, remote_address=remote_address)
    return process(delivery=delivery)


def receive(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted, readable or not. Commits before anything else happens."""
    text, now = clean(body.decode("utf-8", "replace")), timezone.now()
    fields = _fields(text)
    return WebhookDelivery.objects.create(
        received_at=now,
        remote_address=remote_address,
        content_type=clean(content_type, 100),
        body=text,
        imp_uid=_field(fields, "imp_uid"),
        merchant_uid=_field(fields, "merchant_uid"),
        claimed_status=_field(fields, "status", 32),
        cancellation_id=_field(fields, "cancellation_id"),
        payment=_claimed_payment(fields),
        outcome=DeliveryOutcome.RECEIVED if fields is not None else DeliveryOutcome.INVALID,
        # In case this process dies before it has looked.
        next_attempt_at=now + FIRST_PAUSE if fields is not None else None,
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
    if not _begin(delivery):
        delivery.refresh_from_db()
        return delivery
    if delivery.outcome == DeliveryOutcome.INVALID:
        return _finish(delivery, DeliveryOutcome.INVALID)
    if not delivery.imp_uid.startswith("imp"):
        # The console's test button sends no real id (contract, pitfall 28).
        return _finish(delivery, DeliveryOutcome.TEST_CALL)
    try:
        return _ask(delivery)
    except Exception as error:
        # Whatever goes wrong with us, the delivery keeps it; the gateway sees a 500 and may repeat.
        _finish(delivery, DeliveryOutcome.FAILED, error=repr(error))
        raise


def _begin(delivery: WebhookDelivery) -> bool:
    """Count the attempt. Of two who take up the same delivery, the second gets False."""
    before, delivery.attempts = delivery.attempts, delivery.attempts + 1
    delivery.next_attempt_at = _next_attempt(delivery.attempts)
    untaken = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=before)
    return bool(
        untaken.update(attempts=delivery.attempts, next_attempt_at=delivery.next_attempt_at)
    )


def _next_attempt(attempts: int) -> datetime | None:
    if attempts >= ATTEMPTS:
        return None
    # Doubling stops early: 2 ** 30 minutes would be no date.
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return timezone.now() + pause


def _ask(delivery: WebhookDelivery) -> WebhookDelivery:
    question = _question(delivery)
    answer = call(question)
    if isinstance(answer, NoAnswer) and not answer.is_final:
        return _finish(delivery, DeliveryOutcome.FAILED, error=answer.why)
    if not isinstance(answer, Answer):
        # Also an id that can be none: tried again and again, it would keep real deliveries waiting.
        return _finish(delivery, DeliveryOutcome.FORGED)
    return _apply(delivery, question, answer)


def _apply(delivery: WebhookDelivery, asked: Question, answer: Answer) -> WebhookDelivery:
    payment = Payment.objects.filter(merchant_uid=answer.payment.merchant_uid).first()
    if payment is None:
        return _finish(delivery, DeliveryOutcome.UNKNOWN_ORDER)
    question = replace(asked, payment_id=payment.pk, merchant_uid=payment.merchant_uid)
    result = settle(question=question, reply=answer, quiet=True)
    if result.is_overtaken:
        return _finish(delivery, DeliveryOutcome.FAILED, error=result.why)
    if delivery.merchant_uid and delivery.merchant_uid != answer.payment.merchant_uid:
        return _finish(delivery, DeliveryOutcome.FORGED)
    delivery.payment = payment
    return _finish(delivery, _outcome(result))


def _outcome(result: Result) -> DeliveryOutcome:
    return _OUTCOME_OF.get(result.kind, DeliveryOutcome.APPLIED)


def _question(delivery: WebhookDelivery) -> Question:
    """About whatever the gateway has under this imp_uid: the order is named by its answer."""
    return Question(
        payment_id=0,
        merchant_uid="",
        attempt=f"webhook-{delivery.pk}-{delivery.attempts}",
        source=Source.WEBHOOK,
        imp_uid=delivery.imp_uid,
    )


def _finish(
    delivery: WebhookDelivery, outcome: DeliveryOutcome, error: str = ""
) -> WebhookDelivery:
    delivery.outcome = outcome
    delivery.error = clean(error)
    delivery.processed_at = timezone.now()
    if outcome != DeliveryOutcome.FAILED:
        delivery.next_attempt_at = None
    # An attempt that took longer than the pause must not cover what a later one has brought.
    this_attempt = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    this_attempt.update(
        outcome=outcome,
        error=delivery.error,
        processed_at=delivery.processed_at,
        next_attempt_at=delivery.next_attempt_at,
        payment=delivery.payment,
    )
    logger.info("webhook processed", extra={"delivery": delivery.pk, "outcome": str(outcome)})
    return delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryResult:
    """How many deliveries were looked at to the end, failed again, and are given up with that."""

    settled: int = 0
    failed: int = 0
    given_up: int = 0


def retry_failed(*, now: datetime, seconds: float) -> RetryResult:
    """Take up deliveries that failed, or that nobody finished, for about so many seconds.

    Those that wait longest come first. One that fails has its next turn later, so it never keeps
    the rest from theirs; while the gateway is silent all of them wait.
    """
    deadline, limit = time.monotonic() + seconds, SilenceLimit()
    counts: Counter[str] = Counter()
    due = WebhookDelivery.objects.filter(next_attempt_at__lte=now, outcome__in=UNSETTLED)
    for pk in list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:AT_ONCE]):
        if limit.is_reached or time.monotonic() >= deadline:
            break
        delivery = WebhookDelivery.objects.select_related("payment").get(pk=pk)
        is_answered = _try_again(delivery)
        limit.count(is_answered=is_answered)
        counts["settled" if delivery.outcome not in UNSETTLED else "failed"] += 1
        counts["given_up"] += delivery.is_given_up
    return RetryResult(**counts)


def _try_again(delivery: WebhookDelivery) -> bool:
    """Process it once more; False if the gateway gave no answer about it."""
    try:
        return process(delivery=delivery).outcome != DeliveryOutcome.FAILED
    except Exception:
        # Kept with the delivery; the next one may well go through.
        logger.exception("a webhook failed again", extra={"delivery": delivery.pk})
        return True
