"""What is read about a reconciliation besides its own row, and what it is doing.

A run's figures are on the run itself, saved together with its cursor. What holds it up is told by
`runs`.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet

from payments.core.kst import end_of
from payments.models import NOT_ENDED, Bucket, Discrepancy, Payment, ReconciliationRun, RunStatus
from payments.selectors.runs import RunState, run_state


def reconciliation_state(run: ReconciliationRun, *, now: datetime) -> RunState:
    """What a run is doing now, or waits for."""
    state = run_state(run, now=now)
    is_through = state is RunState.WORKING and run.progress >= 1
    return RunState.RECHECKING if is_through else state


def last_over(day: date) -> ReconciliationRun | None:
    """The newest run that compared all of this Korean day: begun after its end, and ended."""
    runs = ReconciliationRun.objects.filter(first_day__lte=day, last_day__gte=day)
    ended = runs.filter(requested_at__gte=end_of(day), status=RunStatus.DONE)
    return ended.order_by("-pk").first()


def last_done() -> ReconciliationRun | None:
    """The newest run that went to its end."""
    return ReconciliationRun.objects.filter(status=RunStatus.DONE).order_by("-pk").first()


def differences_of(run: ReconciliationRun) -> dict[Bucket, int]:
    """How many of each bucket it has seen so far; zeros left out."""
    numbers = {bucket: figure(run, bucket.value) for bucket in Bucket}
    return {bucket: number for bucket, number in numbers.items() if number}


def discrepancies_of(run: ReconciliationRun) -> int:
    """How many it has seen so far; one may differ in several buckets, and counts once.

    Runs of before counted their differences alone, each of which was one.
    """
    return figure(run, "discrepancies") or sum(differences_of(run).values())


def figure(run: ReconciliationRun, name: str) -> int:
    """One of the run's figures (`services.reconciliation.counters`)."""
    return int(run.counts.get(name, 0))


def still_open(run: ReconciliationRun) -> QuerySet[Discrepancy]:
    """What the run saw and nobody has closed, nor the facts; the oldest first."""
    rows = Discrepancy.objects.filter(seen_by=run, is_open=True)
    return rows.prefetch_related("lines").order_by("pk")


def under_way(first_day: date, last_day: date) -> ReconciliationRun | None:
    """A run over some of these days that has not ended."""
    others = ReconciliationRun.objects.filter(status__in=NOT_ENDED)
    meets = others.filter(first_day__lte=last_day, last_day__gte=first_day)
    return meets.order_by("-pk").first()


def ours_called(imp_uids: Iterable[str]) -> dict[str, Payment]:
    """Our payments with these ids, by id."""
    ours = Payment.objects.filter(imp_uid__in=list(imp_uids)).only("pk", "imp_uid", "merchant_uid")
    return {str(payment.imp_uid): payment for payment in ours}
