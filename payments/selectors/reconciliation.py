"""What is read about a reconciliation besides its own row, and what it is doing.

A run's figures are on the run itself, saved together with its cursor. To tell another way of being
held up, add a `Stage` and its condition in `stage`.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import Enum

from django.db.models import F, QuerySet

from payments import conf
from payments.core.kst import end_of
from payments.models import NOT_ENDED, Bucket, Discrepancy, Payment, ReconciliationRun, RunStatus

# What nobody has closed for longer than this is not waited for any more.
LOOK_BACK = timedelta(days=7)


class Stage(Enum):
    """What a run is doing now, or waits for."""

    FOR_WORKER = "for_worker"
    COMPARING = "comparing"
    # Both books are through; whatever is open is looked at once more.
    LAST_LOOK = "last_look"
    FOR_GATEWAY = "for_gateway"
    UNTOUCHED = "untouched"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


_OF_STATUS = {
    RunStatus.WAITING: Stage.FOR_WORKER,
    RunStatus.PAUSED: Stage.PAUSED,
    RunStatus.STOPPED: Stage.STOPPED,
    RunStatus.DONE: Stage.DONE,
}


def stage(run: ReconciliationRun, *, now: datetime) -> Stage:
    """What a run is doing now, or waits for."""
    is_waiting = run.not_before is not None and run.not_before > now
    if run.is_open and is_waiting:
        return Stage.FOR_GATEWAY
    if run.status != RunStatus.RUNNING:
        return _OF_STATUS[RunStatus(run.status)]
    if (now - (run.seen_at or run.requested_at)).total_seconds() > conf.runs().lease:
        return Stage.UNTOUCHED
    return Stage.LAST_LOOK if run.progress >= 1 else Stage.COMPARING


def last_over(day: date) -> ReconciliationRun | None:
    """The newest run that compared all of this Korean day: begun after its end, and ended."""
    runs = ReconciliationRun.objects.filter(first_day__lte=day, last_day__gte=day)
    ended = runs.filter(requested_at__gte=end_of(day), status=RunStatus.DONE)
    return ended.order_by("-pk").first()


def last_done() -> ReconciliationRun | None:
    """The newest run that went to its end."""
    return ReconciliationRun.objects.filter(status=RunStatus.DONE).order_by("-pk").first()


def compared_by_clock_since(day: date) -> date:
    """The first of the days before this one that no person asked to compare; else this one.

    For the first close of all: its day may take longer to compare than the next one lasts.
    """
    runs = ReconciliationRun.objects.filter(first_day=F("last_day"), requested_name="")
    recent = runs.filter(first_day__gte=day - LOOK_BACK).values_list("first_day", "requested_at")
    days = {first_day for first_day, at in recent if at >= end_of(first_day)}
    return min(days | {day})


def differences_of(run: ReconciliationRun) -> dict[Bucket, int]:
    """How many of each bucket it has seen so far; zeros left out."""
    found = {bucket: int(run.counts.get(bucket.value, 0)) for bucket in Bucket}
    return {bucket: number for bucket, number in found.items() if number}


def figure(run: ReconciliationRun, name: str) -> int:
    """One of the run's other figures (`services.reconciliation.counters`)."""
    return int(run.counts.get(name, 0))


def still_open(run: ReconciliationRun) -> QuerySet[Discrepancy]:
    """What the run saw and nobody has closed, nor the facts; the oldest first."""
    return Discrepancy.objects.filter(seen_by=run, is_open=True).order_by("pk")


def under_way(first_day: date, last_day: date) -> ReconciliationRun | None:
    """A run over some of these days that has not ended."""
    others = ReconciliationRun.objects.filter(status__in=NOT_ENDED)
    meets = others.filter(first_day__lte=last_day, last_day__gte=first_day)
    return meets.order_by("-pk").first()


def ours_called(imp_uids: Iterable[str]) -> dict[str, Payment]:
    """Our payments with these ids, by id."""
    found = Payment.objects.filter(imp_uid__in=list(imp_uids)).only("pk", "imp_uid", "merchant_uid")
    return {str(payment.imp_uid): payment for payment in found}
