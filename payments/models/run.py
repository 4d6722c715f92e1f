"""Runs: one thing done to many payments in the background, with a result for each.

A run's rows are its memory: whatever a killed worker had not written is still waiting, and is taken
up again. To let a run end in another way, add an `ItemOutcome` and write it in
`services.verification_runs.worker`.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core import kst

from .payment import Payment


class RunStatus(models.TextChoices):
    """Where a run stands. `WAITING` until a worker takes it up."""

    WAITING = "waiting", pgettext_lazy("run", "Waiting for a worker")
    RUNNING = "running", pgettext_lazy("run", "Running")
    PAUSED = "paused", pgettext_lazy("run", "Paused")
    STOPPED = "stopped", pgettext_lazy("run", "Stopped")
    DONE = "done", pgettext_lazy("run", "Done")


OPEN_RUN = (RunStatus.WAITING, RunStatus.RUNNING)


class ItemOutcome(models.TextChoices):
    """What came of one payment of a run; `WAITING` until it is settled."""

    WAITING = "waiting", pgettext_lazy("run item", "Still to do")
    AGREES = "agrees", pgettext_lazy("run item", "Agrees")
    MOVED = "moved", pgettext_lazy("run item", "Brought up to date")
    DIFFERS = "differs", pgettext_lazy("run item", "Does not agree")
    NOT_FOUND = "not_found", pgettext_lazy("run item", "Not found at the gateway")
    UNKNOWN = "unknown", pgettext_lazy("run item", "No answer from the gateway")
    # We failed, not the gateway: a mistake of ours or of the database, kept with its error.
    PARKED = "parked", pgettext_lazy("run item", "Could not be processed")


class Run(models.Model):
    """What every kind of run has. Times in UTC.

    `not_before` is set while the gateway is in trouble; `seen_at` is the last sign of life of a
    worker on this run.
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


class VerificationRun(Run):
    """Payments that are asked about at the gateway. `query` is the filter, as in its address."""

    query = models.TextField(_("filter"), blank=True)
    total = models.PositiveIntegerField(_("payments"), default=0)

    class Meta:
        verbose_name = _("verification run")
        verbose_name_plural = _("verification runs")
        default_permissions = ("view",)
        indexes = [
            models.Index("seen_at", condition=Q(status__in=OPEN_RUN), name="verification_run_open"),
        ]

    def __str__(self) -> str:
        return str(_("Verification run %(number)s") % {"number": self.pk})


class VerificationItem(models.Model):
    """One payment of a run. `claim` is the token of the worker's step that is asking about it."""

    # Each index is written a hundred times a step: these two are the head of others, or of no use.
    run = models.ForeignKey(
        VerificationRun, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    outcome = models.CharField(
        _("outcome"), max_length=16, choices=ItemOutcome, default=ItemOutcome.WAITING
    )
    findings = models.CharField(_("differences"), max_length=200, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    claim = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(_("next attempt"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment of a run")
        verbose_name_plural = _("payments of a run")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "payment"], name="run_has_payment_once"),
        ]
        indexes = [
            models.Index("run", "outcome", "id", name="run_item_by_outcome"),
            models.Index("id", condition=Q(outcome=ItemOutcome.PARKED), name="run_item_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.payment_id} {self.outcome}"


class ReconciliationRun(Run):
    """Our payments beside the gateway's list, for some Korean days, both included.

    `cursor` is the unix second up to which both sides are compared: where to go on after a crash.
    `counts` holds how many were read on each side, what became of them, and how many differences
    of each bucket were found (`services.reconciliation.counters`); it is written together with the
    cursor, so that nothing is counted twice.
    """

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    cursor = models.BigIntegerField(null=True, blank=True)
    counts = models.JSONField(_("figures"), default=dict)
    # Ids of payments, the first so many of them: `counts` has the full number.
    moved = models.JSONField(_("moved to another time"), default=list)
    unknown = models.JSONField(_("no answer from the gateway"), default=list)
    # Second looks in a row that the gateway left without an answer.
    silent_looks = models.PositiveIntegerField(default=0, editable=False)
    # The token of the worker that is at it: one pass is for one worker.
    claim = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        default_permissions = ("view",)
        permissions = [("start_reconciliation", _("Can start a reconciliation"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=models.F("last_day")),
                name="reconciliation_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        one_day = self.first_day == self.last_day
        return f"{self.first_day}" if one_day else f"{self.first_day} – {self.last_day}"

    @property
    def bounds(self) -> tuple[int, int]:
        """Its days as unix seconds, both included; nothing that came after it had begun."""
        first = int(kst.start_of(self.first_day).timestamp())
        last = int(kst.end_of(self.last_day).timestamp()) - 1
        return first, min(last, self.began)

    @property
    def began(self) -> int:
        """The unix second at which the comparing began; what changes later is the next run's."""
        return int((self.started_at or self.requested_at).timestamp())

    @property
    def progress(self) -> float:
        """How much of its time is compared, from 0 to 1."""
        first, last = self.bounds
        if self.cursor is None:
            return 0.0
        return min(1.0, (self.cursor + 1 - first) / max(1, last + 1 - first))
