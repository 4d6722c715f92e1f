"""What follows from a recheck: filed, moved, agreeing, changing, unknown, or closed again.

To treat another outcome, name it in `counters.VERDICTS` and return it from `_verdict_of`.
"""

import logging
from collections.abc import Mapping, Sequence

from payments.core.db.away import is_away
from payments.core.db.lookup import one_or_none
from payments.models import Bucket, Discrepancy, Payment, ReconciliationRun
from payments.services.discrepancies import cases
from payments.services.discrepancies.cases import Look
from payments.services.verification.movements import tells_other_refunds
from payments.states import PaymentStatus

from .counters import Counters
from .recheck import Snapshot, Unmatched
from .streams import filed_second, is_between

logger = logging.getLogger(__name__)


def classify(
    *,
    run: ReconciliationRun,
    counters: Counters,
    unmatched: Mapping[str, Unmatched],
    snapshots: Mapping[str, Snapshot | None],
) -> None:
    """Count each of these, and file what differs."""
    for imp_uid, snapshot in snapshots.items():
        verdict, item = _verdict(run, imp_uid, snapshot), unmatched[imp_uid]
        if not item.is_ours and _ours_comes_by(run, imp_uid, snapshot):
            # The pass meets it twice, under two times: it is counted where our row is met.
            continue
        if counters.count(imp_uid, verdict) and not item.is_counted:
            _count_sides(run, counters, item, snapshot)


def _verdict(run: ReconciliationRun, imp_uid: str, snapshot: Snapshot | None) -> str:
    """One of `counters.VERDICTS`; what differs is filed."""
    try:
        return _verdict_of(run, imp_uid, snapshot) if snapshot else "unknown"
    except Exception as error:
        if is_away(error):
            raise
        # One that can't be written down must not stop the rest; nobody may think it agrees.
        logger.exception("a difference could not be filed", extra={"imp_uid": imp_uid})
        return "unknown"


def _verdict_of(run: ReconciliationRun, imp_uid: str, snapshot: Snapshot) -> str:
    if _is_changing(run, snapshot):
        # If it still differs when the next run comes, it is that run's to say so.
        return "changed"
    if snapshot.buckets:
        return "differ" if cases.keep(look=_look(snapshot), run=run) else "changed"
    if snapshot.payment is None or snapshot.payment.imp_uid != imp_uid:
        return "moneyless"
    return "moved" if _has_moved(run, snapshot) else "agree"


def file_differences(*, run: ReconciliationRun, snapshots: Mapping[str, Snapshot | None]) -> None:
    """File what differs of attempts whose money in these days does.

    Either side may have them under other days; then they don't count as payments of these.
    """
    for imp_uid, snapshot in snapshots.items():
        if snapshot and snapshot.buckets:
            _verdict(run, imp_uid, snapshot)
        elif snapshot and _tells_other_refunds(snapshot) and not _is_changing(run, snapshot):
            cases.keep(look=_look(snapshot), run=run)


def _count_sides(
    run: ReconciliationRun, counters: Counters, item: Unmatched, snapshot: Snapshot | None
) -> None:
    """Which side alone has it among these days, if one does."""
    if not item.is_ours:
        counters.add("only_there")
    if item.listed is None and not _theirs_comes_by(run, snapshot):
        counters.add("only_here")


def _ours_comes_by(run: ReconciliationRun, imp_uid: str, snapshot: Snapshot | None) -> bool:
    """Whether the pass reads our row of it, under its own time."""
    payment = snapshot.payment if snapshot else one_or_none(Payment.objects.filter(imp_uid=imp_uid))
    if payment is None or payment.imp_uid != imp_uid:
        return False
    first, last = run.bounds
    return is_between(payment=payment, from_=first, to=last)


def _theirs_comes_by(run: ReconciliationRun, snapshot: Snapshot | None) -> bool:
    """Whether the gateway's list of these days has it, under a time of its own."""
    first, last = run.bounds
    return bool(snapshot and snapshot.answer and first <= snapshot.answer.filed_at <= last)


def _is_changing(run: ReconciliationRun, snapshot: Snapshot) -> bool:
    """Whether a difference came up while we read, or the payment went from the list meanwhile."""
    if snapshot.payment is None and snapshot.answer is None:
        return True
    return snapshot.is_moving or bool(snapshot.buckets and _latest(snapshot) > run.began)


def _latest(snapshot: Snapshot) -> int:
    """The second of the newest change on either side."""
    ours = filed_second(snapshot.payment) if snapshot.payment else 0
    return max(ours, snapshot.answer.filed_at if snapshot.answer else 0)


def _has_moved(run: ReconciliationRun, snapshot: Snapshot) -> bool:
    """Whether the list has an agreeing payment under another time than ours or than these days.

    An open order's times are not the gateway's, so they prove nothing.
    """
    payment, answer = snapshot.payment, snapshot.answer
    if payment is None or answer is None or payment.status != answer.status:
        return False
    if payment.status == PaymentStatus.READY:
        return False
    first, last = run.bounds
    return answer.filed_at != filed_second(payment) or not first <= answer.filed_at <= last


def reconsider(
    *,
    run: ReconciliationRun,
    discrepancies: Sequence[Discrepancy],
    snapshots: Mapping[str, Snapshot | None],
) -> int:
    """Open discrepancies that were rechecked: they follow the facts; how many have closed."""
    return sum(
        _reconsider_one(run, discrepancy, snapshots.get(discrepancy.imp_uid))
        for discrepancy in discrepancies
    )


def _reconsider_one(
    run: ReconciliationRun, discrepancy: Discrepancy, snapshot: Snapshot | None
) -> bool:
    if snapshot is None or snapshot.is_moving:
        return False
    if not _can_be_judged(run, discrepancy, snapshot):
        return False
    # Not in the run's name: its figures are about its own days.
    row = cases.keep(look=_look(snapshot))
    return row is not None and not row.is_open


def _can_be_judged(run: ReconciliationRun, discrepancy: Discrepancy, snapshot: Snapshot) -> bool:
    """Not to be found by its id any more is neither agreement nor another difference.

    Test payments are hidden from such a look-up. What is just changing is for the next run.
    """
    if snapshot.answer is None:
        return set(snapshot.buckets) <= set(discrepancy.buckets) and bool(snapshot.buckets)
    return not _is_changing(run, snapshot)


def _look(snapshot: Snapshot) -> Look:
    buckets = snapshot.to_keep
    if Bucket.REFUND not in buckets and _tells_other_refunds(snapshot):
        buckets = (*buckets, Bucket.REFUND)
    return Look(
        imp_uid=snapshot.imp_uid,
        payment=snapshot.payment,
        answer=snapshot.answer,
        buckets=buckets,
    )


def _tells_other_refunds(snapshot: Snapshot) -> bool:
    """The sum may be the same, and the days or the parts not."""
    payment, answer = snapshot.payment, snapshot.answer
    if payment is None or answer is None or snapshot.is_moving:
        return False
    return tells_other_refunds(payment=payment, answer=answer)
