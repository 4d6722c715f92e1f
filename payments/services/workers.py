"""Workers' signs of life, and what becomes of the task of one that died.

A task that was under way when its worker was killed stays "running" for ever in the queue's own
table. It is marked as failed here, so that staff see it; the work itself is not lost, because every
task of ours goes on from what is in the database (see `payments.tasks`).
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from payments.models import DEAD_AFTER, Worker

# Rows of workers that are long gone are of no use to anybody.
FORGOTTEN_AFTER = timedelta(days=7)
# So long can staff look at what a task came to.
TASKS_KEPT = timedelta(days=14)


class WorkerLost(Exception):
    """The worker that had this task gave no sign of life any more: killed, or its machine died."""


def sign_of_life(*, worker_id: str, host: str, pid: int) -> None:
    """A worker is there and working."""
    now = timezone.now()
    Worker.objects.update_or_create(
        worker_id=worker_id,
        defaults={"seen_at": now, "stopped_at": None},
        create_defaults={"host": host, "pid": pid, "started_at": now, "seen_at": now},
    )


def sign_off(*, worker_id: str) -> None:
    """A worker ends of its own will."""
    Worker.objects.filter(worker_id=worker_id).update(stopped_at=timezone.now())


def bury_lost_tasks(*, now: datetime) -> int:
    """Mark tasks of dead workers as failed; how many there were."""
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    alive = set(
        Worker.objects.filter(seen_at__gte=now - DEAD_AFTER, stopped_at=None).values_list(
            "worker_id", flat=True
        )
    )
    # A claim comes before the worker's next sign of life, so a young one is left alone.
    running = DBTaskResult.objects.running().filter(started_at__lt=now - DEAD_AFTER)
    lost = [one for one in running if one.worker_ids and one.worker_ids[-1] not in alive]
    for one in lost:
        one.set_failed(WorkerLost(f"worker {one.worker_ids[-1]} gave no sign of life"))
    return len(lost)


def forget_finished_tasks(*, now: datetime) -> int:
    """Delete tasks that ended long ago, or their table grows for ever; how many there were."""
    old = DBTaskResult.objects.finished().filter(finished_at__lt=now - TASKS_KEPT)
    number, _by_model = old.delete()
    return number
