"""A reconciliation: our payments beside the gateway's list, for some Korean days.

In won it compares movements: what differs of them are its `ReconciliationLine`s.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.core import kst
from payments.states import MovementKind

from .payment import Payment
from .run import Run


class ReconciliationRun(Run):
    """One comparison. Its days are both included.

    `cursor` is the unix second up to which both sides are compared: where to go on after a crash.
    `counts` holds how many were read on each side, what became of them, and how many differences
    of each bucket were found (`services.reconciliation.counters`); it is written together with the
    cursor, so that nothing is counted twice. So is `money`: the won of each Korean day on both
    sides (`services.reconciliation.balance`), null on runs from before it was counted.
    """

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    cursor = models.BigIntegerField(null=True, blank=True)
    counts = models.JSONField(_("figures"), default=dict)
    money = models.JSONField(_("won by day"), default=dict, null=True)
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


class ReconciliationLine(models.Model):
    """Money of one attempt that a run saw on one side alone, or in another sum on each.

    Won are signed as movements are: what went back is below zero. `kind` is an approval or a
    refund; what was taken back or corrected of refunds lowers them. While the run is at it there
    may be several of a day, each of one second, that wait for what comes later (`is_settled`
    False); once it is through, there is one for each attempt, kind and Korean day that differ.
    """

    # Looked up by the index of what makes it unique.
    run = models.ForeignKey(
        ReconciliationRun, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    # Ours, if we have one: of another approved attempt it is the order's.
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    imp_uid = models.CharField(_("PortOne payment id"), max_length=32)
    merchant_uid = models.CharField(_("order number"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=MovementKind)
    happened_at = models.DateTimeField(_("happened"))
    day = models.DateField(_("day"))
    here = models.BigIntegerField(_("won here"), default=0)
    there = models.BigIntegerField(_("won at the gateway"), default=0)
    # Of how many movements.
    here_count = models.IntegerField(default=0)
    there_count = models.IntegerField(default=0)
    is_settled = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("difference in won")
        verbose_name_plural = _("differences in won")
        default_permissions = ()
        constraints = [
            # The same part of a run twice adds nothing.
            models.UniqueConstraint(
                fields=["run", "imp_uid", "kind", "happened_at"], name="reconciliation_line_once"
            ),
        ]
        indexes = [models.Index(fields=["run", "day"], name="reconciliation_line_by_day")]

    def __str__(self) -> str:
        return f"{self.imp_uid} {self.kind} {self.day}: {self.difference:+}"

    @property
    def difference(self) -> int:
        """How much more there is here."""
        return self.here - self.there
