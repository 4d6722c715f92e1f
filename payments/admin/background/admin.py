"""The screen of the background work: what waits, who works, what failed. Only shown.

It stands in the place of a list of workers; what is read is in `selectors.background`. A task that
staff should know by a name gets it in `_LABELS`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from payments import tasks
from payments.admin.shared.access import require
from payments.admin.shared.clock_alarm import clock_alarm
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.worker_alarm import alarm_sentence
from payments.core.db.clock import database_now
from payments.models import ScheduledJob, Worker
from payments.selectors import background, clock

TEMPLATE = "admin/payments/worker/change_list.html"
START = "manage.py worker"

_LABELS: dict[str, str | Promise] = {
    "verify_run": _("Verification run"),
    "rescue": _("Go on with what dead workers left"),
    "reconcile": _("Reconciliation"),
    "sweep_orders": _("Ask about open orders"),
    "process_webhooks_again": _("Process failed webhooks again"),
    "replay_webhooks": _("Process webhooks again on request"),
    "clear_out": _("Remove old webhooks and counts"),
    "mail_discrepancies": _("Mail what does not agree"),
    "close_days": _("Look for days to close"),
    "fold_roll_ups": _("Add up movements and orders"),
    "compare_clocks": _("Compare our clock with the gateway's"),
}


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """One page with everything about the work."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page, under the URL that Django has for the list."""
        require(self.has_view_permission(request))
        title = capfirst(str(self.opts.verbose_name_plural))
        return self.render_page(request, TEMPLATE, title=title, **_context())


def _context() -> dict[str, object]:
    now = database_now()
    failed = background.failed_tasks(since=now - background.FAILED_SINCE)[: background.ROWS]
    alarm = background.alarm(now=now)
    return {
        "alarm": alarm_sentence(alarm, now=now),
        "clock_alarm": clock_alarm(clock.apart()),
        "is_busy": alarm is not None and alarm.is_busy,
        "start": START,
        "gateway_silent_since": background.gateway_silent_since(),
        "queue": background.queue(now=now),
        "workers": [(worker, worker.is_silent(now)) for worker in background.workers()],
        "running": [(_label(task), task) for task in background.running_tasks()],
        "failed": [(_label(task), _last(task.exception_class_path), task) for task in failed],
        "failed_days": background.FAILED_SINCE.days,
        "jobs": list(_jobs(background.jobs(), now)),
        "parked": background.parked()[: background.ROWS],
    }


def _label(task: DBTaskResult[Any, Any]) -> str | Promise:
    name = _last(task.task_path)
    return _LABELS.get(name, name)


def _last(dotted_path: str) -> str:
    return dotted_path.rpartition(".")[2]


def _jobs(
    rows: dict[str, ScheduledJob], now: datetime
) -> Iterator[tuple[str | Promise, ScheduledJob | None, bool]]:
    """(label, when, is late) of each job of the schedule; None for one that was never due yet."""
    for job in tasks.SCHEDULE:
        row = rows.get(job.name)
        yield _LABELS.get(job.name, job.name), row, row is not None and row.is_late(now)
