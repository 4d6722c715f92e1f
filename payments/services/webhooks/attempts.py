"""A stored delivery is looked into: the gateway is asked, and its answer applied.

Each attempt is counted, and the next one fixed, before it begins: a delivery that kills its process
is taken up again by `retry` after growing pauses, and given up in the end, like any other that
fails. To tell another ending apart: a `DeliveryOutcome`, and the line of `_look` that finds it.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from payments import gateway
from payments.core.db.away import is_away
from payments.core.db.lookup import one_or_none
from payments.core.text import clean
from payments.iamport import IamportError, Unavailable, is_imp_uid
from payments.models import MOVED, UNSETTLED, DeliveryOutcome, Payment, WebhookDelivery
from payments.services.verification.question import Absent, Answer, NoAnswer, Question
from payments.services.verification.settle import Result, settle
from payments.services.verification.verify import call
from payments.states import EventKind, PaymentStatus, Source

from .store import delivery_of

logger = logging.getLogger(__name__)

# About a day of trying; after that, sweep and reconciliation have found what it was about.
ATTEMPTS = 30
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# An order that is settled expects nothing more: a late approval or a second one shows within this.
ATTEMPTS_IF_SETTLED = 6
# So many deliveries of one order may wait for what the gateway does not know yet.
WAITING_AT_ONCE = 10

# One at a time in a process that serves: a flood must leave its threads to everything else.
_looking = threading.Lock()

_OUTCOME_OF = {
    EventKind.CONFIRMED: DeliveryOutcome.HARMLESS,
    EventKind.DISCREPANCY: DeliveryOutcome.MISMATCHED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look at the gateway brought. `payment`: the order that the gateway named, if ours."""

    outcome: DeliveryOutcome
    payment: Payment | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The gateway's answers by imp_uid, and when it was asked: before the call.

    `is_silent`: it gave none, to anything.
    """

    at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    is_silent: bool = False


def accept(*, body: bytes, content_type: str, remote_address: str | None) -> WebhookDelivery:
    """Store what was posted, then look into it: the delivery with what came of it.

    It stays `RECEIVED`, for a worker to look into, where the gateway is silent, as many calls as
    this process may make are under way, or another one is looked into here: a sender is never kept
    waiting for those, and a worker asks about a hundred with one call.
    """
    delivery = delivery_of(body=body, content_type=content_type, remote_address=remote_address)
    if delivery.outcome not in UNSETTLED:
        delivery.save(force_insert=True)
        return delivery
    with _turn() as may_look:
        if may_look:
            # Counted with the row itself: whoever stores it is who looks.
            delivery.attempts, delivery.next_attempt_at = 1, _next_attempt(1)
        delivery.save(force_insert=True)
        if may_look:
            _look_into(delivery, actor=None)
    return delivery


@contextmanager
def _turn() -> Iterator[bool]:
    """Whether this process may look into a delivery right now, kept until the block ends."""
    if not _looking.acquire(blocking=False):
        yield False
        return
    try:
        with gateway.slot() as may_call:
            yield may_call
    finally:
        _looking.release()


def process(*, delivery: WebhookDelivery, asked: Asked | None = None) -> WebhookDelivery:
    """Ask the gateway about a stored delivery and apply the answer. Safe to repeat.

    `asked`: answers that are there already. What they leave out is asked about.
    """
    if delivery.outcome in UNSETTLED:
        _attempt(delivery, actor=None, asked=asked)
    return delivery


def ask(*, deliveries: Sequence[WebhookDelivery]) -> Asked:
    """The gateway's answers about many at once (contract 2.3): a hundred cost one call."""
    at, ids = timezone.now(), {delivery.imp_uid for delivery in deliveries}
    try:
        batch = gateway.client().payments(imp_uids=filter(is_imp_uid, ids))
    except IamportError as error:
        # What can't be read is asked about one by one, and each gets what is wrong on record.
        return Asked(at, is_silent=isinstance(error, Unavailable))
    return Asked(at, {payment.imp_uid: Answer(payment) for payment in batch.payments})


def replay(*, delivery: WebhookDelivery, actor: AbstractBaseUser) -> Verdict:
    """The same in a person's name, whatever came of it before. See `replay` for the record of it.

    What holds no id leads to no question, and is what it was.
    """
    if not delivery.has_id:
        return _verdict_of(delivery)
    return _attempt(delivery, actor=actor)


def _attempt(
    delivery: WebhookDelivery, *, actor: AbstractBaseUser | None, asked: Asked | None = None
) -> Verdict:
    if not _begin(delivery):
        delivery.refresh_from_db()
        return _verdict_of(delivery)
    return _look_into(delivery, actor=actor, asked=asked)


def _look_into(
    delivery: WebhookDelivery, *, actor: AbstractBaseUser | None, asked: Asked | None = None
) -> Verdict:
    """The attempt that is counted already, and what came of it."""
    try:
        verdict = _look(delivery, actor, asked)
    except Exception as error:
        # Whatever goes wrong with us, the delivery keeps it; the gateway sees a 500 and may repeat.
        # Unless it can't be kept either: then it is as after a process that died.
        if is_away(error):
            raise
        _finish(delivery, Verdict(outcome=DeliveryOutcome.FAILED, error=repr(error)))
        raise
    _finish(delivery, verdict)
    return verdict


def _verdict_of(delivery: WebhookDelivery) -> Verdict:
    outcome = DeliveryOutcome(delivery.outcome)
    return Verdict(outcome=outcome, payment=delivery.payment, error=delivery.error)


def _begin(delivery: WebhookDelivery) -> bool:
    """Count the attempt. Of two who take up the same delivery, the second gets False."""
    before, delivery.attempts = delivery.attempts, delivery.attempts + 1
    if delivery.outcome in UNSETTLED:
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


def _look(
    delivery: WebhookDelivery, actor: AbstractBaseUser | None, asked: Asked | None
) -> Verdict:
    question = _question(delivery, actor)
    answer = asked.answers.get(delivery.imp_uid) if asked else None
    if asked and answer:
        return _apply(delivery, replace(question, asked_at=asked.at), answer)
    reply = call(question)
    if isinstance(reply, Answer):
        return _apply(delivery, question, reply)
    if isinstance(reply, NoAnswer) and not reply.is_final:
        return Verdict(outcome=DeliveryOutcome.FAILED, error=reply.why)
    if isinstance(reply, Absent) and _may_still_appear(delivery):
        return Verdict(outcome=DeliveryOutcome.NOT_YET)
    # Also an id that can be none: tried again and again, it would keep real deliveries waiting.
    return Verdict(outcome=DeliveryOutcome.FORGED)


def _question(delivery: WebhookDelivery, actor: AbstractBaseUser | None) -> Question:
    """About whatever the gateway has under this imp_uid: the order is named by its answer."""
    return Question(
        payment_id=0,
        merchant_uid="",
        attempt=f"webhook-{delivery.pk}-{delivery.attempts}",
        source=Source.WEBHOOK,
        imp_uid=delivery.imp_uid,
        actor=actor,
    )


def _may_still_appear(delivery: WebhookDelivery) -> bool:
    """Whether a 404 is "not yet" (contract 9#35): the delivery speaks of an order of ours.

    Whoever knows an order's number could have any number of them tried again: only a few wait.
    What names no order of ours is not waited for: nothing of ours depends on it, and open orders
    are asked about by their own numbers.
    """
    payment = delivery.payment
    if payment is None:
        return False
    is_open = payment.status == PaymentStatus.READY
    if delivery.attempts >= (ATTEMPTS if is_open else ATTEMPTS_IF_SETTLED):
        return False
    waiting = payment.deliveries.filter(outcome=DeliveryOutcome.NOT_YET).exclude(pk=delivery.pk)
    return waiting.count() < WAITING_AT_ONCE


def _apply(delivery: WebhookDelivery, asked: Question, answer: Answer) -> Verdict:
    number = answer.payment.merchant_uid
    body_disagrees = bool(delivery.merchant_uid) and delivery.merchant_uid != number
    payment = _order_called(number, delivery)
    if payment is None:
        outcome = DeliveryOutcome.FORGED if body_disagrees else DeliveryOutcome.UNKNOWN_ORDER
        return Verdict(outcome=outcome)
    question = replace(asked, payment_id=payment.pk, merchant_uid=payment.merchant_uid)
    result = settle(question=question, reply=answer, quiet=True)
    if result.is_overtaken:
        return Verdict(outcome=DeliveryOutcome.FAILED, error=result.why)
    return Verdict(outcome=_outcome(result, body_disagrees), payment=payment)


def _order_called(number: str, delivery: WebhookDelivery) -> Payment | None:
    """The order that the gateway names: mostly the one that the delivery was found to be about.

    It is read as a whole under its lock, and only there.
    """
    if delivery.payment and delivery.payment.merchant_uid == number:
        return delivery.payment
    return one_or_none(Payment.objects.only("merchant_uid", "status").filter(merchant_uid=number))


def _outcome(result: Result, body_disagrees: bool) -> DeliveryOutcome:
    outcome = _OUTCOME_OF.get(result.kind, DeliveryOutcome.APPLIED)
    if body_disagrees and outcome == DeliveryOutcome.APPLIED:
        return DeliveryOutcome.BODY_DISAGREED
    if body_disagrees and outcome == DeliveryOutcome.HARMLESS:
        return DeliveryOutcome.FORGED
    return outcome


def _finish(delivery: WebhookDelivery, verdict: Verdict) -> None:
    if _stands(delivery, verdict):
        return
    delivery.outcome = verdict.outcome
    delivery.error = clean(verdict.error)
    delivery.payment = verdict.payment or delivery.payment
    delivery.processed_at = timezone.now()
    if verdict.outcome not in UNSETTLED:
        delivery.next_attempt_at = None
    # An attempt that took longer than the pause must not cover what a later one has brought.
    this_attempt = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    this_attempt.update(
        outcome=delivery.outcome,
        error=delivery.error,
        processed_at=delivery.processed_at,
        next_attempt_at=delivery.next_attempt_at,
        payment=delivery.payment,
    )
    logger.info(
        "webhook processed", extra={"delivery": delivery.pk, "outcome": str(delivery.outcome)}
    )


def _stands(delivery: WebhookDelivery, verdict: Verdict) -> bool:
    """Whether the delivery stays what it was: it moved a payment, or nothing new is known of it."""
    is_open, stays_open = delivery.outcome in UNSETTLED, verdict.outcome in UNSETTLED
    return delivery.outcome in MOVED or (stays_open and not is_open)
