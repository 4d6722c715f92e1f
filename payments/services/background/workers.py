"""Workers' heartbeats, and what becomes of the task of one that died or lost its database.

A task that was under way when its worker was killed stays "running" for ever in the queue's own
table, as does one whose end could not be written. It is marked as failed here, so that staff see
it; the work itself is not lost, because every task of ours goes on from what is in the database
(see `payments.tasks`).
"""

from datetime import datetime, timedelta
from typing import Any

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from payments.core.db.clock import database_now, is_recent, recent
from payments.models import DEAD_AFTER, Worker

# Rows of workers that are long gone are of no use to anybody.
GONE_KEPT = timedelta(days=7)


class WorkerLost(Exception):
    """The worker that had this task gave no sign of life any more: killed, or its machine died."""


class DatabaseLost(Exception):
    """The database went away while a task was under way, so nobody could write how it ended."""


def heartbeat(*, worker_id: str, host: str, pid: int) -> None:
    """A worker is there and working."""
    now = database_now()
    Worker.objects.update_or_create(
        worker_id=worker_id,
        defaults={"seen_at": now, "stopped_at": None},
        create_defaults={"host": host, "pid": pid, "started_at": now, "seen_at": now},
    )


def sign_off(*, worker_id: str) -> None:
    """A worker ends of its own will."""
    Worker.objects.filter(worker_id=worker_id).update(stopped_at=database_now())


def fail_orphaned_tasks(*, now: datetime) -> int:
    """Mark tasks of dead workers as failed; how many there were."""
    Worker.objects.filter(seen_at__lt=now - GONE_KEPT).delete()
    alive = _alive(now)
    running = DBTaskResult.objects.running()
    orphaned = [task for task in running if not _is_worked_on(task, alive=alive, now=now)]
    for task in orphaned:
        task.set_failed(WorkerLost(f"worker {task.worker_ids[-1]} gave no sign of life"))
    return len(orphaned)


def fail_unfinished_tasks(*, worker_id: str) -> int:
    """Mark what this worker has under way by the queue's table as failed; how many there were.

    For a worker that is at nothing: the database was away when it claimed a task or wrote how one
    ended. Its heartbeats go on, so nobody else would ever take that task for lost.
    """
    mine = [task for task in DBTaskResult.objects.running() if task.worker_ids[-1:] == [worker_id]]
    for task in mine:
        task.set_failed(DatabaseLost("the database went away while this task was under way"))
    return len(mine)


def is_under_way(*, task_path: str, now: datetime) -> bool:
    """Whether a task of this path waits in the queue, or has a worker that lives."""
    tasks = DBTaskResult.objects.filter(task_path=task_path)
    if tasks.filter(status=TaskResultStatus.READY).exists():
        return True
    alive = _alive(now)
    return any(_is_worked_on(task, alive=alive, now=now) for task in tasks.running())


def bring_forward(*, now: datetime, longest: timedelta) -> int:
    """Tasks that would wait for longer than any of ours may are due now; how many there were.

    Whoever queued them had a wrong clock, or the clock was set back since.
    """
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    waiting = waiting.filter(run_after__gt=now + longest, run_after__lt=get_date_max())
    return waiting.update(run_after=now)


def waiting_turns(*, task_path: str, run_id: int) -> int:
    """How many tasks of this path wait in the queue for a turn at this run."""
    turns = DBTaskResult.objects.filter(task_path=task_path, args_kwargs__args=[run_id])
    return turns.filter(status=TaskResultStatus.READY).count()


def _alive(now: datetime) -> frozenset[str]:
    alive = Worker.objects.filter(recent("seen_at", now=now, within=DEAD_AFTER), stopped_at=None)
    return frozenset(alive.values_list("worker_id", flat=True))


def _is_worked_on(task: DBTaskResult[Any, Any], *, alive: frozenset[str], now: datetime) -> bool:
    # A claim comes before the worker's next heartbeat, so a young one counts as alive.
    started_at = task.started_at
    is_young = started_at is not None and is_recent(started_at, now=now, within=DEAD_AFTER)
    return is_young or not task.worker_ids or task.worker_ids[-1] in alive
