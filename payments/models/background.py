"""Heartbeats: which workers there are, and when each job of the schedule is due.

The queue itself is django-tasks-db's own table.
"""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.core.db.clock import is_recent

# A worker's heart beats every few seconds; without a heartbeat for this long it is dead.
DEAD_AFTER = timedelta(minutes=2)
# A job may be a little late: schedulers look every few seconds, cron every minute.
LATE_AFTER = timedelta(minutes=2)


class Worker(models.Model):
    """A worker process; `seen_at` is its last heartbeat (UTC)."""

    worker_id = models.CharField(_("worker"), max_length=64, unique=True)
    host = models.CharField(_("machine"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last sign of life"), db_index=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("background work")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}"

    def is_silent(self, now: datetime) -> bool:
        """Whether it should be working, and is dead, at `now` by the database's clock."""
        return self.stopped_at is None and not is_recent(self.seen_at, now=now, within=DEAD_AFTER)


class ScheduledJob(models.Model):
    """When a job of `payments.tasks.SCHEDULE` is due next. One row for each name."""

    name = models.CharField(_("job"), max_length=40, unique=True)
    due_at = models.DateTimeField(_("due"))
    queued_at = models.DateTimeField(_("last queued"), null=True, blank=True)

    class Meta:
        verbose_name = _("scheduled job")
        verbose_name_plural = _("scheduled jobs")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been queued by `now`, by the database's clock."""
        return self.due_at < now - LATE_AFTER
