"""The screen of the background work in plain values for the template.

What is read is in `selectors.background`. A task that staff should know by a name gets it in
`_LABELS`. The text of an error may hold anything, so tracebacks are for whoever may see the queue's
own rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from payments import tasks
from payments.admin.shared.display import NOTHING, badge, duration, moment
from payments.admin.shared.worker_alarm import alarm_sentence
from payments.core.money import with_separators
from payments.models import DEAD_AFTER, ScheduledJob, VerificationItem, Worker
from payments.selectors import background
from payments.selectors.background import Queue

# A job may be a little late: schedulers look every few seconds, cron every minute.
LATE_AFTER = timedelta(minutes=2)
START = "manage.py worker"

_LABELS: dict[str, str | Promise] = {
    "verify_run": gettext_lazy("Verification run"),
    "rescue": gettext_lazy("Go on with what dead workers left"),
    "reconcile": gettext_lazy("Reconciliation"),
    "sweep_orders": gettext_lazy("Ask about open orders"),
    "process_webhooks_again": gettext_lazy("Process failed webhooks again"),
    "mail_discrepancies": gettext_lazy("Mail what does not agree"),
    "close_days": gettext_lazy("Look for days to close"),
}


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker and whether it lives."""

    name: str
    state: SafeString
    last_seen: SafeString | str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task under way, or one that failed. `traceback` only for whoever may read it."""

    name: str
    arguments: str
    when: SafeString | str
    taken: str
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of the schedule."""

    name: str
    queued: SafeString | str
    due: SafeString | str
    state: SafeString


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A payment that a run could not process."""

    payment: str
    payment_url: str
    run: str
    run_url: str
    error: str
    when: SafeString | str


def context(request: HttpRequest) -> dict[str, object]:
    """Everything that the screen shows."""
    now = timezone.now()
    queue = background.queue(now=now)
    failed = background.failed_tasks(since=now - background.FAILED_SINCE)[: background.ROWS]
    with_traceback = request.user.has_perm("django_tasks_database.view_dbtaskresult")
    alarm = background.alarm(now=now)
    return {
        "alarm": alarm_sentence(alarm, now=now),
        "is_busy": alarm is not None and alarm.is_busy,
        "start": START,
        "figures": list(_figures(queue, now)),
        "workers": [_worker(worker, now) for worker in background.workers()],
        "running": [_task(task, now) for task in background.running_tasks()],
        "failed": [_task(task, now, with_traceback=with_traceback) for task in failed],
        "failed_days": background.FAILED_SINCE.days,
        "jobs": list(_jobs(background.jobs(), now)),
        "parked": [_parked(item) for item in background.parked()[: background.ROWS]],
    }


def _figures(queue: Queue, now: datetime) -> Iterator[tuple[str, str]]:
    oldest = duration((now - queue.oldest).total_seconds()) if queue.oldest else NOTHING
    yield _("Waiting"), with_separators(queue.waiting)
    yield _("Longest wait"), oldest
    yield _("Under way"), with_separators(queue.running)
    yield _("For later"), with_separators(queue.later)


def _worker(worker: Worker, now: datetime) -> WorkerRow:
    return WorkerRow(
        name=f"{worker.host} · {worker.pid}",
        state=_life(worker, now),
        last_seen=moment(worker.seen_at),
    )


def _life(worker: Worker, now: datetime) -> SafeString:
    if worker.stopped_at is not None:
        return badge("quiet", _("Ended"))
    if worker.seen_at < now - DEAD_AFTER:
        return badge("bad", _("Silent"))
    return badge("good", _("Alive"))


def _task(task: DBTaskResult[Any, Any], now: datetime, *, with_traceback: bool = False) -> TaskRow:
    ended = task.finished_at or now
    taken = duration((ended - task.started_at).total_seconds()) if task.started_at else NOTHING
    return TaskRow(
        name=_label(task.task_path.rpartition(".")[2]),
        arguments=", ".join(map(str, task.args_kwargs.get("args", []))),
        when=moment(task.finished_at or task.started_at),
        taken=taken,
        error=task.exception_class_path.rpartition(".")[2],
        traceback=task.traceback if with_traceback else "",
    )


def _label(name: str) -> str:
    return str(_LABELS.get(name, name))


def _jobs(rows: dict[str, ScheduledJob], now: datetime) -> Iterator[JobRow]:
    for job in tasks.SCHEDULE:
        row = rows.get(job.name)
        late = row is not None and row.due_at < now - LATE_AFTER
        yield JobRow(
            name=_label(job.name),
            queued=moment(row.queued_at) if row else NOTHING,
            due=moment(row.due_at) if row else NOTHING,
            state=badge("bad", _("Overdue")) if late else badge("quiet", _("Planned")),
        )


def _parked(item: VerificationItem) -> ParkedRow:
    return ParkedRow(
        payment=item.payment.merchant_uid,
        payment_url=reverse("admin:payments_payment_change", args=[item.payment_id]),
        run=str(item.run),
        run_url=reverse("admin:payments_verificationrun_change", args=[item.run_id])
        + "?outcome=parked#results",
        error=item.error,
        when=moment(item.settled_at),
    )
