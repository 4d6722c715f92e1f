"""The sweep: open orders that no webhook told us about are asked about and, in the end, failed.

An abandoned window stays `ready` at the gateway for ever, a failure is never announced, and a
webhook is sent once and may be lost (contract, pitfalls 7, 16, 17). So every open order is asked
about through the one door until it is settled, several at once, less often the older it gets
(`_RESTS`); once its time is up (`_limit`) and the gateway has said that nobody paid, it is failed.

Silence fails nothing, nor does a difference: unknown stays unknown, and a difference is a
person's. What is swept is in the database alone, and failing checks that nothing has happened
since the answer, so two sweeps at once only ask twice. To fail for another reason, extend
`_reason`.

Failed orders are not asked about again. What may still come is money: a late approval, or a deposit
into an older account of the same order (contract, pitfalls 12 and 19). Its webhook takes the order
from failed to paid, and if that is lost too, the daily reconciliation finds the approval under its
own day; one more question some days later would miss whatever comes after it.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments import conf
from payments.core.db.away import is_away
from payments.errors import Conflict
from payments.models import Payment, PaymentEvent
from payments.selectors.clock import last_apart_at
from payments.selectors.open_orders import is_absent, may_still_appear
from payments.selectors.payments.flags import flagged_among, is_flagged
from payments.services.clock import is_apart, may_decide
from payments.services.verification.settle import Result
from payments.services.verification.silence_limit import CONSECUTIVE_FAILURES, SilenceLimit
from payments.services.verification.verify_many import verify_many
from payments.states import EventKind, FailReason, PaymentStatus, Source, Verification

from .fail import fail_order

logger = logging.getLogger(__name__)

CHUNK = 500
# A virtual account without a due date is good for so long (contract 7.4).
DEPOSIT_WITHIN = timedelta(days=30)
# Up to this age, an order that was answered is left alone for so long.
_RESTS = (
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(days=3), timedelta(hours=3)),
    (timedelta.max, timedelta(hours=12)),
)
_FAIL_REASONS: dict[FailReason, str | Promise] = {
    FailReason.ABANDONED: _("The payment was not finished in time, so the order was closed."),
    FailReason.DEPOSIT_EXPIRED: _("No deposit came in by the due date, so the order was closed."),
}


class Ending(StrEnum):
    """What came of one order; the names are the fields of `SweepResult`."""

    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    DEPOSIT_EXPIRED = "deposit_expired"
    WAITING = "waiting"
    DIFFERENT = "different"
    SILENT = "silent"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """How many orders ended how.

    The first three are what the gateway said, the next two what was failed; `broken` are mistakes
    of ours, which are in the log. `unfinished` says that time ran out with more left to ask.
    """

    paid: int = 0
    failed: int = 0
    cancelled: int = 0
    abandoned: int = 0
    deposit_expired: int = 0
    waiting: int = 0
    different: int = 0
    silent: int = 0
    broken: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time of a sweep, and when our clocks were last known to be wrong."""

    now: datetime
    apart_at: datetime | None

    def began(self, payment: Payment) -> datetime:
        """When it was asked for; or, if a wrong clock may have said that, when it was still wrong.

        An order of a web server whose clock is days behind is no order of days ago.
        """
        if self.apart_at and not self.apart_at <= payment.requested_at <= self.now:
            return self.apart_at
        return payment.requested_at


def sweep(*, now: datetime, seconds: float) -> SweepResult:
    """Ask about the open orders that are due at `now`, for about so many seconds.

    Stops early when the gateway stays silent; the same orders are due again the next time. Does
    nothing while our clocks and the gateway's are too far apart.
    """
    if is_apart() and not may_decide():
        return SweepResult()
    deadline, limit = time.monotonic() + seconds, SilenceLimit()
    endings: Counter[Ending] = Counter()
    clock = _Clock(now, last_apart_at())
    due, width = _due(clock), conf.runs().parallel_calls
    with ThreadPoolExecutor(width, thread_name_prefix="gateway") as pool:
        # No more at once than may stay unanswered, until the gateway has answered.
        while step := list(islice(due, width if limit.is_answered else CONSECUTIVE_FAILURES)):
            if time.monotonic() >= deadline:
                return _result(endings, unfinished=True)
            for ending in _settle(step, clock, pool):
                limit.count(is_answered=ending is not Ending.SILENT)
                endings[ending] += 1
            if limit.is_reached:
                break
    return _result(endings)


def _result(endings: Mapping[Ending, int], *, unfinished: bool = False) -> SweepResult:
    return SweepResult(unfinished=unfinished, **{str(name): endings[name] for name in endings})


def _due(clock: _Clock) -> Iterator[Payment]:
    """The orders to ask about, oldest first.

    Those that got no answer the last time come at the end: orders about which the gateway's answer
    can't be read would otherwise reach the limit for all others, every time. Only their ids are
    kept until then.
    """
    unanswered: list[int] = []
    ready = Payment.objects.filter(status=PaymentStatus.READY).order_by("pk")
    for chunk in _in_chunks(ready):
        due = [payment for payment in chunk if _is_due(payment, clock)]
        without_answer = _without_answer(due)
        unanswered += sorted(without_answer)
        yield from (payment for payment in due if payment.pk not in without_answer)
    for start in range(0, len(unanswered), CHUNK):
        yield from ready.filter(pk__in=unanswered[start : start + CHUNK])


def _in_chunks(rows: QuerySet[Payment]) -> Iterator[list[Payment]]:
    """By id, in which the index by status keeps them, a chunk at a time."""
    chunk = list(rows[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:CHUNK])


def _without_answer(payments: Sequence[Payment]) -> set[int]:
    last = PaymentEvent.objects.filter(payment__in=payments, sequence=F("payment__version"))
    return set(last.filter(kind=EventKind.UNKNOWN).values_list("payment_id", flat=True))


def _is_due(payment: Payment, clock: _Clock) -> bool:
    now = clock.now
    # Times that lie ahead were written by a wrong clock: they are no reason not to ask.
    age = abs(now - payment.requested_at)
    if age < conf.schedule().short_wait:
        return False
    if payment.verified_at is None:
        return True
    if now >= _limit(payment, clock) and not _is_unclear(payment):
        return True
    rest = next(rest for limit, rest in _RESTS if age <= limit)
    return abs(now - payment.verified_at) >= rest


def _is_unclear(payment: Payment) -> bool:
    """Whether the last answer forbids failing: a person has to look, and the sweep only asks on."""
    return _is_gone(payment) or is_flagged(payment)


def _is_gone(payment: Payment) -> bool:
    """An account that the gateway issued and does not know any more: the wrong key, perhaps."""
    return payment.verification == Verification.NOT_FOUND and payment.imp_uid is not None


def _limit(payment: Payment, clock: _Clock) -> datetime:
    """When the order may be failed. A deposit of the last minute needs some time to get here."""
    if not payment.vbank_num:
        return clock.began(payment) + conf.schedule().long_wait
    due = payment.vbank_due or clock.began(payment) + DEPOSIT_WITHIN
    return due + conf.schedule().short_wait


def _settle(payments: Sequence[Payment], clock: _Clock, pool: Executor) -> Iterator[Ending]:
    """Some orders; a mistake of ours about one is logged and does not stop the others."""
    results = verify_many(payments=payments, source=Source.SWEEP, pool=pool)
    flagged = flagged_among(results)
    for pk, result in results.items():
        try:
            yield _ending(result, clock, pk in flagged) if result else Ending.BROKEN
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("an order could not be swept", extra={"payment": pk})
            yield Ending.BROKEN


def _ending(result: Result, clock: _Clock, flagged: bool) -> Ending:
    if not result.is_known:
        return Ending.SILENT
    if _is_gone(result.payment) or flagged:
        return Ending.DIFFERENT
    if result.payment.status != PaymentStatus.READY:
        return Ending(result.payment.status)
    # "Not there" may pass (contract 9#35): it is believed when the question before got it, too.
    if result.kind is EventKind.NOT_FOUND and not is_absent(result.payment):
        return Ending.WAITING
    # Read again: the answer may have brought a virtual account with a due date of its own.
    if clock.now < _limit(result.payment, clock) or not may_decide():
        return Ending.WAITING
    if may_still_appear(result.payment):
        return Ending.WAITING
    # Asked again: the others of the step were settled in between.
    return Ending.DIFFERENT if _is_unclear(result.payment) else _fail(result.payment)


def _reason(payment: Payment) -> FailReason:
    return FailReason.DEPOSIT_EXPIRED if payment.vbank_num else FailReason.ABANDONED


def _fail(payment: Payment) -> Ending:
    reason = _reason(payment)
    try:
        fail_order(
            payment=payment,
            kind=EventKind.FAILED,
            source=Source.SWEEP,
            key=f"failed:{reason}",
            reason_code=reason,
            fail_reason=str(_FAIL_REASONS[reason]),
        )
    except Conflict:
        # Something happened to it in this very moment: the next sweep sees what.
        return Ending.WAITING
    return Ending(reason.value)
