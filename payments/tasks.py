"""Background work: each task is one call of a service, safe to run twice and at any time.

Tasks are rows that are queued in the transaction that asks for them (Django's Tasks API on
django-tasks-db). None of them holds what is left to do: that is in the database, so a task whose
worker was killed needs no repeating of its own, and `rescue` queues a new one. To do something by
the clock: a task here, its line in `SCHEDULE`.
"""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from .services import bulk, discrepancy_mail, reconciliation, runs, schedule, workers
from .services.schedule import Job

# A run lets other tasks have their turn after this many seconds.
TURN = 20.0


@task
def verify_run(run_id: int) -> None:
    """Go on with a verification run; queue the next turn if there is more to do."""
    pause = bulk.work(run_id=run_id, seconds=TURN)
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        verify_run.using(run_after=later).enqueue(run_id)


@task
def reconcile(run_id: int) -> None:
    """Go on with a reconciliation; queue the next turn if there is more to do."""
    pause = reconciliation.work(run_id=run_id, seconds=TURN)
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        reconcile.using(run_after=later).enqueue(run_id)


@task
def rescue() -> None:
    """Bury what dead workers left, and queue their runs again."""
    now = timezone.now()
    workers.bury_lost_tasks(now=now)
    for run_id in runs.forgotten(now=now):
        verify_run.enqueue(run_id)
    for run_id in reconciliation.forgotten(now=now):
        reconcile.enqueue(run_id)


@task
def mail_discrepancies() -> None:
    """Tell the configured addresses what does not agree since the last mail."""
    discrepancy_mail.send_news()


SCHEDULE = (
    Job(name="rescue", every=timedelta(minutes=1), enqueue=rescue.enqueue),
    Job(
        name="mail_discrepancies",
        every=timedelta(minutes=5),
        enqueue=mail_discrepancies.enqueue,
    ),
)


def run_due_jobs() -> list[str]:
    """Queue every job that is due; their names."""
    return schedule.run_due(jobs=SCHEDULE, now=timezone.now())
