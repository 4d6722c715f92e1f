"""What follows from a second look: filed, moved, agreeing, changing, unknown, or closed again.

To treat another outcome, add its figure to `tally.FIGURES` and its line to `_reach_one`.
"""

import logging
from collections.abc import Mapping, Sequence

from payments.models import Bucket, Discrepancy, Payment, ReconciliationRun
from payments.services import discrepancies
from payments.services.differences import our_figures, their_figures
from payments.services.discrepancies import Difference
from payments.states import PaymentStatus

from .second_look import Sight, Suspect
from .sides import filed_second
from .tally import Tally

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
        try:
            _reach_one(run, tally, suspects[imp_uid], imp_uid, sight)
        except Exception:
            # One that can't be written down must not stop the rest; nobody may think it agrees.
            logger.exception("a difference could not be filed", extra={"imp_uid": imp_uid})
            tally.unknown(imp_uid)


def _reach_one(
    run: ReconciliationRun, tally: Tally, suspect: Suspect, imp_uid: str, sight: Sight | None
) -> None:
    if sight is None:
        tally.unknown(imp_uid)
    elif _is_changing(run, sight):
        # If it still differs when the next run comes, it is that run's to say so.
        tally.add("changed")
    elif sight.buckets:
        for bucket in sight.buckets:
            discrepancies.file(difference=_difference(sight, bucket), run=run)
    elif sight.payment is None or sight.payment.imp_uid != imp_uid:
        tally.add("moneyless")
    elif suspect.is_ours or not _is_ours_to_come_by(run, sight.payment):
        tally.moved(imp_uid) if _has_moved(run, sight) else tally.add("agree")


def _is_changing(run: ReconciliationRun, sight: Sight) -> bool:
    """Whether a difference came up while we read, or the payment went from the list meanwhile."""
    if sight.payment is None and sight.answer is None:
        return True
    return sight.is_moving or bool(sight.buckets and _latest(sight) > run.began)


def _is_ours_to_come_by(run: ReconciliationRun, payment: Payment) -> bool:
    """Whether the pass meets our row too, under its own time: it is counted then."""
    first, last = run.bounds
    return first <= filed_second(payment) <= last


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
            discrepancies.file(difference=_difference(sight, bucket))
    if discrepancy.bucket in sight.buckets or not is_settled:
        return False
    return discrepancies.agree(
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
    return discrepancies.difference_of(
        bucket=bucket, imp_uid=sight.imp_uid, payment=sight.payment, answer=sight.answer
    )
