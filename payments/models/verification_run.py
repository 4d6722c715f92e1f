"""A verification run: payments that are asked about at the gateway, with a result for each.

Its items are its memory: whatever a killed worker had not written is still waiting, and is taken
up again. To let a payment come out in another way, add an `ItemOutcome` and write it in
`services.verification_runs.batch`.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .payment import Payment
from .run import OPEN_RUN, Run


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


class ItemChange(models.TextChoices):
    """What a payment that was brought up to date became: a status as a person says it."""

    PAID = "paid", pgettext_lazy("payment status", "Paid")
    CANCELLED = "cancelled", pgettext_lazy("payment status", "Cancelled")
    PART_REFUNDED = "part_refunded", _("Partly refunded")
    FAILED = "failed", pgettext_lazy("payment status", "Failed")


class VerificationRun(Run):
    """Payments that are asked about at the gateway. `query` is the filter, as in its URL."""

    query = models.TextField(_("filter"), blank=True)
    total = models.PositiveIntegerField(_("payments"), default=0)
    # How its payments came out, and what became of how many: of a run that is done, so that a list
    # of runs reads none of their payments. None: not done, so they are counted.
    final_counts = models.JSONField(null=True, editable=False)
    final_changes = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("verification run")
        verbose_name_plural = _("verification runs")
        default_permissions = ("view",)
        indexes = [
            models.Index("seen_at", condition=Q(status__in=OPEN_RUN), name="verification_run_open"),
        ]

    def __str__(self) -> str:
        return str(_("Verification run %(number)s") % {"number": self.pk})

    @property
    def useful_workers(self) -> int:
        """A small run needs one."""
        return max(1, -(-self.total // 1_000))


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
    # By what the run itself wrote into the ledger: "" if the status stayed or, in runs of earlier
    # versions, if nobody noted it; and the won, money in positive.
    became = models.CharField(_("became"), max_length=16, choices=ItemChange, blank=True)
    moved_amount = models.BigIntegerField(_("won that moved"), default=0)
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
