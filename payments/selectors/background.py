"""The background work as it stands: the queue, the workers, the schedule, what failed.

The queue is django-tasks-db's own table. `alarm` says when nothing works any more, for dashboard
and screen alike. To show another thing about the work: a function here, and its place in
`admin.background`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Min, Q, QuerySet, Subquery, When
from django_tasks_db.models import DBTaskResult, get_date_max

from payments.models import GatewayState, ItemOutcome, ScheduledJob, VerificationItem, Worker

# Without a heartbeat, or a turn for a task that waits, for longer than this, nothing works.
QUIET_FOR = timedelta(minutes=5)
FAILED_SINCE = timedelta(days=7)
# Of each kind, on the screen.
ROWS = 50


@dataclass(frozen=True, slots=True)
class Queue:
    """How many tasks wait for a worker, since when; how many are for later, how many under way."""

    waiting: int
    oldest: datetime | None
    later: int
    running: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Nothing works. `since` is the last heartbeat of any worker, None if there never was one.

    With `is_busy` there are workers, but a task has waited for too long (`since`).
    """

    since: datetime | None
    is_busy: bool


def _since() -> Case:
    """Since when a task could be done: one without a time of its own has the latest there is."""
    return Case(When(run_after=get_date_max(), then=F("enqueued_at")), default=F("run_after"))


def _is_due(now: datetime) -> Q:
    return Q(status="READY") & (Q(run_after=get_date_max()) | Q(run_after__lte=now))


def queue(*, now: datetime) -> Queue:
    """The queue in figures, in one query."""
    due = _is_due(now)
    unfinished = DBTaskResult.objects.filter(status__in=("READY", "RUNNING")).order_by()
    figures = unfinished.aggregate(
        waiting=Count("pk", filter=due),
        oldest=Min(_since(), filter=due),
        later=Count("pk", filter=Q(status="READY") & ~due),
        running=Count("pk", filter=Q(status="RUNNING")),
    )
    return Queue(**figures)


def alarm(*, now: datetime) -> Alarm | None:
    """Whether nothing works at `now` by the database's clock, in one query; None if all is well."""
    waiting = DBTaskResult.objects.filter(_is_due(now)).annotate(since=_since())
    oldest = Subquery(waiting.order_by("since").values("since")[:1])
    # What lies ahead was written before the clock was set back, and says nothing.
    newest = Worker.objects.filter(seen_at__lte=now + QUIET_FOR).annotate(oldest=oldest)
    newest = newest.order_by("-seen_at")
    last, since = newest.values_list("seen_at", "oldest").first() or (None, None)
    if last is None or last < now - QUIET_FOR:
        return Alarm(last, is_busy=False)
    if since is not None and since < now - QUIET_FOR:
        return Alarm(since, is_busy=True)
    return None


def gateway_state() -> GatewayState | None:
    """What the processes know of the gateway; None before any of them has called it."""
    return GatewayState.objects.first()


def gateway_silent_since() -> datetime | None:
    """Since when no process has had an answer from the gateway; None while it answers."""
    return GatewayState.objects.values_list("silent_since", flat=True).first()


def workers() -> list[Worker]:
    """Those whose last heartbeat is not long gone, the latest first."""
    return list(Worker.objects.order_by("-seen_at")[:ROWS])


def running_tasks() -> list[DBTaskResult[Any, Any]]:
    """What is under way, the longest first."""
    return list(DBTaskResult.objects.running().order_by("started_at")[:ROWS])


def failed_tasks(*, since: datetime) -> QuerySet[DBTaskResult[Any, Any]]:
    """What ended with an error since then, the latest first."""
    failed = DBTaskResult.objects.failed().filter(finished_at__gte=since)
    return failed.order_by("-finished_at")


def jobs() -> dict[str, ScheduledJob]:
    """When each job of the schedule was queued last and is due next, by name."""
    return {job.name: job for job in ScheduledJob.objects.all()}


def late_jobs(*, names: Iterable[str], now: datetime) -> list[ScheduledJob] | None:
    """Of the jobs with these names, those that should have been queued by `now`, by the database's
    clock; None if none has ever been planned."""
    planned = list(ScheduledJob.objects.filter(name__in=names).order_by("due_at"))
    return [job for job in planned if job.is_late(now)] if planned else None


def parked() -> QuerySet[VerificationItem]:
    """Payments that a run could not process and nobody has verified since, the latest first."""
    since = Q(payment__verified_at=None) | Q(payment__verified_at__lt=F("settled_at"))
    items = VerificationItem.objects.filter(since, outcome=ItemOutcome.PARKED)
    return items.select_related("payment", "run").order_by("-pk")
