"""What follows from a second look: filed, moved, agreeing, changing, unknown, or closed again.

To treat another outcome, name it in `tally.VERDICTS` and return it from
`_verdict_of`.
"""

import logging
from collections.abc import Mapping, Sequence

from payments.models import Bucket, Discrepancy, Payment, ReconciliationRun
from payments.services.discrepancies import queue
from payments.services.discrepancies.queue import Difference
from payments.services.discrepancies.rules import our_figures, their_figures
from payments.states import PaymentStatus

from .counters import Tally
from .recheck import Sight, Suspect
from .streams import filed_second, is_between

logger = logging.getLogger(__name__)


def reach(
    *,
    run: ReconciliationRun,
    tally: Tally,
    suspects: Mapping[str, Suspect],
    sights: Mapping[str, Sight | None],
) -> None:
    """Count each of these, and file what differs."""
    for imp_uid, sight in sights.items():
        verdict, suspect = _verdict(run, imp_uid, sight), suspects[imp_uid]
        if not suspect.is_ours and _ours_comes_by(run, imp_uid, sight):
            # The pass meets it twice, under two times: it is counted where our row is met.
            continue
        if tally.judge(imp_uid, verdict) and not suspect.is_counted:
            _count_sides(run, tally, suspect, sight)


def _verdict(run: ReconciliationRun, imp_uid: str, sight: Sight | None) -> str:
    """One of `tally.VERDICTS`; what differs is filed."""
    try:
        return _verdict_of(run, imp_uid, sight) if sight else "unknown"
    except Exception:
        # One that can't be written down must not stop the rest; nobody may think it agrees.
        logger.exception("a difference could not be filed", extra={"imp_uid": imp_uid})
        return "unknown"


def _verdict_of(run: ReconciliationRun, imp_uid: str, sight: Sight) -> str:
    if _is_changing(run, sight):
        # If it still differs when the next run comes, it is that run's to say so.
        return "changed"
    for bucket in sight.buckets:
        queue.file(difference=_difference(sight, bucket), run=run)
    if sight.buckets:
        return "differ"
    if sight.payment is None or sight.payment.imp_uid != imp_uid:
        return "moneyless"
    return "moved" if _has_moved(run, sight) else "agree"


def _count_sides(
    run: ReconciliationRun, tally: Tally, suspect: Suspect, sight: Sight | None
) -> None:
    """Which side alone has it among these days, if one does."""
    if not suspect.is_ours:
        tally.add("only_there")
    if suspect.listed is None and not _theirs_comes_by(run, sight):
        tally.add("only_here")


def _ours_comes_by(run: ReconciliationRun, imp_uid: str, sight: Sight | None) -> bool:
    """Whether the pass reads our row of it, under its own time."""
    payment = sight.payment if sight else Payment.objects.filter(imp_uid=imp_uid).first()
    if payment is None or payment.imp_uid != imp_uid:
        return False
    first, last = run.bounds
    return is_between(payment=payment, from_=first, to=last)


def _theirs_comes_by(run: ReconciliationRun, sight: Sight | None) -> bool:
    """Whether the gateway's list of these days has it, under a time of its own."""
    first, last = run.bounds
    return bool(sight and sight.answer and first <= sight.answer.filed_at <= last)


def _is_changing(run: ReconciliationRun, sight: Sight) -> bool:
    """Whether a difference came up while we read, or the payment went from the list meanwhile."""
    if sight.payment is None and sight.answer is None:
        return True
    return sight.is_moving or bool(sight.buckets and _latest(sight) > run.began)


def _latest(sight: Sight) -> int:
    """The second of the newest change on either side."""
    ours = filed_second(sight.payment) if sight.payment else 0
    return max(ours, sight.answer.filed_at if sight.answer else 0)


def _has_moved(run: ReconciliationRun, sight: Sight) -> bool:
    """Whether the list has an agreeing payment under another time than ours or than these days.

    An open order's times are not the gateway's, so they prove nothing.
    """
    payment, answer = sight.payment, sight.answer
    if payment is None or answer is None or payment.status != answer.status:
        return False
    if payment.status == PaymentStatus.READY:
        return False
    first, last = run.bounds
    return answer.filed_at != filed_second(payment) or not first <= answer.filed_at <= last


def reconsider(
    *,
    run: ReconciliationRun,
    open_ones: Sequence[Discrepancy],
    sights: Mapping[str, Sight | None],
) -> int:
    """Open discrepancies that were looked at again: close those that agree; how many closed.

    What differs in another way by now is filed first.
    """
    return sum(_reconsider_one(run, one, sights.get(one.imp_uid)) for one in open_ones)


def _reconsider_one(run: ReconciliationRun, discrepancy: Discrepancy, sight: Sight | None) -> bool:
    if sight is None or sight.is_moving:
        return False
    is_settled = _is_settled(run, sight)
    for bucket in sight.buckets:
        if is_settled or bucket == discrepancy.bucket:
            # Not in the run's name: its figures are about its own days.
            queue.file(difference=_difference(sight, bucket))
    if discrepancy.bucket in sight.buckets or not is_settled:
        return False
    return queue.agree(
        discrepancy=discrepancy,
        ours=our_figures(sight.payment),
        theirs=their_figures(sight.answer),
    )


def _is_settled(run: ReconciliationRun, sight: Sight) -> bool:
    """Whether what is seen here can be judged now.

    Not to be found by its id any more is neither agreement nor another difference: test payments
    are hidden from such a look-up. What is just changing is for the next run.
    """
    return sight.answer is not None and not _is_changing(run, sight)


def _difference(sight: Sight, bucket: Bucket) -> Difference:
    return queue.difference_of(
        bucket=bucket, imp_uid=sight.imp_uid, payment=sight.payment, answer=sight.answer
    )
