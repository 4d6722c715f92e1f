"""One step of a verification run: a hundred payments claimed, asked about, settled.

The same three steps as the one door, for many at once. The committed claim is the "ask": a worker
that dies during the call leaves it behind, and when its lease is over another worker takes the
same payments up. Ledger rows and the items' outcomes commit together, and only for whoever still
holds the claim: nothing is applied twice.

Who gives no answer is asked again after growing pauses, and is `UNKNOWN` in the end; what we fail
to write is `PARKED` with its error. Neither stops the rest.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from payments import gateway
from payments.core.db.among import among
from payments.core.db.away import is_away
from payments.core.db.clock import database_now
from payments.core.db.rows import update_rows
from payments.core.text import clean
from payments.errors import PaymentError
from payments.iamport import IamportError, Malformed
from payments.locks import locked_payments
from payments.models import ItemChange, ItemOutcome, VerificationItem
from payments.services.runs import ATTEMPTS, pause_after
from payments.services.verification.question import Answer, NoAnswer, Question, Reply
from payments.services.verification.settle import Result, keep_looks, settle_many
from payments.services.verification.silence_limit import SilenceLimit
from payments.services.verification.verify import call
from payments.states import EventKind

from .claims import Claim

logger = logging.getLogger(__name__)

_OUTCOMES = {
    EventKind.CONFIRMED: ItemOutcome.AGREES,
    EventKind.DISCREPANCY: ItemOutcome.DIFFERS,
    EventKind.NOT_FOUND: ItemOutcome.NOT_FOUND,
    EventKind.UNKNOWN: ItemOutcome.UNKNOWN,
}
_CHANGES = {
    EventKind.PAID: ItemChange.PAID,
    EventKind.CANCELLED: ItemChange.CANCELLED,
    EventKind.FAILED: ItemChange.FAILED,
}
_WRITTEN = (
    "outcome",
    "became",
    "moved_amount",
    "findings",
    "attempts",
    "claim",
    "claimed_until",
    "not_before",
    "error",
    "settled_at",
)


def ask(*, questions: Sequence[Question]) -> dict[int, Reply]:
    """The gateway's replies by payment id; who is missing was not asked. Touches no database."""
    by_id = [question for question in questions if question.imp_uid]
    replies: dict[int, Reply] = {}
    left = [question for question in questions if not question.imp_uid]
    try:
        batch = gateway.client().payments(imp_uids=[question.imp_uid for question in by_id])
        answers = {payment.imp_uid: Answer(payment) for payment in batch.payments}
        replies = {
            question.payment_id: answers[question.imp_uid]
            for question in by_id
            if question.imp_uid in answers
        }
        # What the batch left out is asked about alone, before anybody says "not found".
        left = [*(question for question in by_id if question.payment_id not in replies), *left]
    except (Malformed, ValueError):
        # One of the hundred can't be read or sent: ask for each alone, so that it alone is unknown.
        left = list(questions)
    except IamportError as error:
        no_answer = NoAnswer(gateway.noted(error))
        return {question.payment_id: no_answer for question in by_id or questions}
    return replies | _one_by_one(left)


def _one_by_one(questions: Sequence[Question]) -> dict[int, Reply]:
    replies: dict[int, Reply] = {}
    limit = SilenceLimit()
    for question in questions:
        replies[question.payment_id] = reply = call(question)
        limit.count(is_answered=not isinstance(reply, NoAnswer))
        if limit.is_reached:
            break  # the rest of the step is left for later
    return replies


def settle(*, claim: Claim, replies: dict[int, Reply]) -> None:
    """Write what the replies mean. If they can't be written at once, each is written alone."""
    try:
        _settle(claim, claim.items, replies)
    except Exception as error:
        if is_away(error):
            # Nothing is wrong with the payments: whoever holds them after the lease asks again.
            raise
        logger.exception(
            "a step of a run could not be written at once", extra={"step": claim.token}
        )
        for item in _afresh(claim.items):
            _settle_alone(claim, item, replies)


def _settle_alone(claim: Claim, item: VerificationItem, replies: dict[int, Reply]) -> None:
    try:
        _settle(claim, [item], replies)
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("a payment of a run was parked", extra={"payment": item.payment_id})
        fail(claim=claim, items=[item], error=error)


def _afresh(items: Sequence[VerificationItem]) -> list[VerificationItem]:
    """As they stand in the database: an attempt that failed has left its marks on the objects."""
    return list(VerificationItem.objects.filter(pk__in=[item.pk for item in items]))


def _settle(claim: Claim, items: Sequence[VerificationItem], replies: dict[int, Reply]) -> None:
    questions = {question.payment_id: question for question in claim.questions}
    # One moment for all: items that end alike are written by one short statement.
    now = database_now()
    with locked_payments(item.payment_id for item in items) as payments:
        mine = _still_mine(claim, items)
        ready = [item for item in mine if _is_ready(item, replies.get(item.payment_id), now)]
        ids = [item.payment_id for item in ready]
        answered = [(questions[pk], replies[pk]) for pk in ids]
        results = settle_many(payments=payments, answered=answered)
        keep_looks(results=results)
        for item, result in zip(ready, results, strict=True):
            if result.is_overtaken:
                _release(item)
            else:
                _finish(item, result, now)
        update_rows(rows=mine, fields=_WRITTEN)


def _is_ready(item: VerificationItem, reply: Reply | None, now: datetime) -> bool:
    """Whether the reply is to be applied; otherwise the item is left for later."""
    if reply is None:
        _release(item)
        return False
    if isinstance(reply, NoAnswer) and item.attempts + 1 < ATTEMPTS:
        _postpone(item, reply.why, now)
        return False
    return True


def _still_mine(claim: Claim, items: Sequence[VerificationItem]) -> list[VerificationItem]:
    """Those that nobody else has settled: a lease may have run out. Under the payments' locks."""
    rows = VerificationItem.objects.filter(among("pk", [item.pk for item in items]))
    held = rows.filter(claim=claim.token, outcome=ItemOutcome.WAITING)
    mine = set(held.values_list("pk", flat=True))
    return [item for item in items if item.pk in mine]


def fail(*, claim: Claim, items: Sequence[VerificationItem], error: Exception) -> None:
    """We could not do it: again later, and after `ATTEMPTS` times parked with the error."""
    # Under the payments' locks, as `_settle`: nobody settles them between the look and the write.
    with locked_payments(item.payment_id for item in items):
        mine, now = _still_mine(claim, _afresh(items)), database_now()
        for item in mine:
            why = error.message if isinstance(error, PaymentError) else repr(error)
            _postpone(item, clean(str(why)), now)
            if item.attempts >= ATTEMPTS:
                item.outcome, item.settled_at = ItemOutcome.PARKED, now
        update_rows(rows=mine, fields=_WRITTEN)


def _release(item: VerificationItem) -> None:
    item.claim, item.claimed_until = "", None


def _postpone(item: VerificationItem, why: str, now: datetime) -> None:
    _release(item)
    item.not_before = now + pause_after(item.attempts)
    item.attempts += 1
    item.error = why


def _finish(item: VerificationItem, result: Result, now: datetime) -> None:
    _release(item)
    item.outcome = _OUTCOMES.get(result.kind, ItemOutcome.MOVED)
    item.became, item.moved_amount = _change(result), result.moved_amount
    item.findings = ",".join(result.findings)
    item.attempts += 1
    item.error, item.not_before = result.why, None
    item.settled_at = now


def _change(result: Result) -> str:
    """What the payment became by this answer, whatever else it told; "" if its status stayed."""
    became = next((_CHANGES[kind] for kind in reversed(result.kinds) if kind in _CHANGES), "")
    if became == ItemChange.CANCELLED and result.payment.is_partly_cancelled:
        return ItemChange.PART_REFUNDED
    return became
