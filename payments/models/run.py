"""What a run of any kind has: one thing done to many payments in the background.

A kind is a model of its own, which says what it is about and how far it is: `verification_run`,
`reconciliation`. To add a kind: a model on `Run`, its services on `services.runs`, its screen on
`admin.shared.runs`.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RunStatus(models.TextChoices):
    """Where a run stands. `WAITING` until a worker takes it up."""

    WAITING = "waiting", pgettext_lazy("run", "Waiting for a worker")
    RUNNING = "running", pgettext_lazy("run", "Running")
    PAUSED = "paused", pgettext_lazy("run", "Paused")
    STOPPED = "stopped", pgettext_lazy("run", "Stopped")
    DONE = "done", pgettext_lazy("run", "Done")


# The longest that a run, or one of its payments, waits for a gateway that gave no answer.
LONGEST_WAIT = timedelta(minutes=1)
# What a worker may go on with.
OPEN_RUN = (RunStatus.WAITING, RunStatus.RUNNING)
# Also a paused one, which waits for a person.
NOT_ENDED = (*OPEN_RUN, RunStatus.PAUSED)


class Run(models.Model):
    """What every kind of run has. Times in UTC.

    `not_before` is set while the gateway is in trouble, `silences` is how many times in a row it
    gave no answer; `seen_at` is the last heartbeat of a worker on this run.
    """

    requested_at = models.DateTimeField(_("asked for"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked for by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # A copy: a later change of name must not change who it was. Where no person asked,
    # a command's name; "" for the schedule.
    requested_name = models.CharField(_("name at the time"), max_length=254, blank=True)
    status = models.CharField(
        pgettext_lazy("run", "status"), max_length=16, choices=RunStatus, default=RunStatus.WAITING
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    not_before = models.DateTimeField(_("waits for the gateway until"), null=True, blank=True)
    silences = models.PositiveIntegerField(_("times without an answer"), default=0)
    last_error = models.TextField(_("last trouble"), blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether a worker may go on with it."""
        return self.status in OPEN_RUN

    @property
    def useful_workers(self) -> int:
        """How many workers at once are of use to it."""
        return 1

    @property
    def last_seen_at(self) -> datetime:
        """The last heartbeat; before the first one, when the run was asked for."""
        return self.seen_at or self.requested_at

    def seconds_to_wait(self, now: datetime) -> float:
        """How long the gateway is left alone yet, because it gave no answer; 0 if it is not."""
        seconds = (self.not_before - now).total_seconds() if self.not_before else 0.0
        # Further ahead than it is ever set: the clock was wrong then.
        return seconds if 0.0 < seconds <= LONGEST_WAIT.total_seconds() else 0.0
