"""A reconciliation: our payments beside the gateway's list, for some Korean days."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.core import kst

from .run import Run


class ReconciliationRun(Run):
    """One comparison. Its days are both included.

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
    # Rechecks in a row that the gateway left without an answer.
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
