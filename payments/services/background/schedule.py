"""The schedule: which jobs are due, each queued once however many schedulers look.

A job is data (`Job`); `payments.tasks.SCHEDULE` lists them. Queuing it and moving its next time on
happen in one transaction, so a scheduler that dies in between has done neither. A job that must not
pile up behind itself names its task (`alone`): while that waits or is under way, the job is left
out until its next time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from payments.models import ScheduledJob

from . import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to queue every so often.

    `alone` is the dotted path of the task that must not be queued a second time. `by_time` is False
    for what may be done whatever the time is: it is queued even while our clocks are wrong. What
    happens at an hour of the day asks the clock when it runs: then a missed turn costs minutes, not
    a day.
    """

    name: str
    every: timedelta | Callable[[], timedelta]
    enqueue: Callable[[], object]
    alone: str = ""
    by_time: bool = True

    def next_after(self, now: datetime) -> datetime:
        """The first time after `now` at which the job is due."""
        return now + (self.every() if callable(self.every) else self.every)


def run_due(*, jobs: Iterable[Job], now: datetime) -> list[str]:
    """Queue every job that is due at `now`, by the database's clock; their names.

    A job seen for the first time is due later; one that is due more than its interval ahead is due.
    """
    return [job.name for job in jobs if _queue_if_due(job, now)]


def _queue_if_due(job: Job, now: datetime) -> bool:
    row, _is_new = ScheduledJob.objects.get_or_create(
        name=job.name, defaults={"due_at": job.next_after(now)}
    )
    # Further ahead than it is ever set: the clock was wrong then, or it is set right since.
    if now < row.due_at <= job.next_after(now):
        return False
    with transaction.atomic():
        # Compare and set: of two schedulers that both saw it due, one moves it on.
        unmoved = ScheduledJob.objects.filter(pk=row.pk, due_at=row.due_at)
        if not unmoved.update(due_at=job.next_after(now), queued_at=now):
            return False
        if job.alone and workers.is_under_way(task_path=job.alone, now=now):
            return False
        job.enqueue()
    return True
