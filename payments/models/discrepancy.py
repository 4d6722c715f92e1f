"""What does not agree between our book and the gateway's: a queue that people work off.

One `Discrepancy` for each attempt, with a `DiscrepancyLine` for each thing in which its two sides
differ, and a `DiscrepancyStep` for each change. `services.discrepancies` writes them: `cases` what
was seen, `queue` what people do. A payment is flagged by an open one; the flag is stored nowhere
else. To name another kind of difference, add a `Bucket`.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.db.append_only import AppendOnlyModel

from .payment import Payment
from .reconciliation import ReconciliationRun


class Bucket(models.TextChoices):
    """In what the two sides differ."""

    MISSING_HERE = "missing_here", pgettext_lazy("bucket", "Missing here")
    MISSING_THERE = "missing_there", pgettext_lazy("bucket", "Missing at the gateway")
    AMOUNT = "amount", pgettext_lazy("bucket", "Amount differs")
    STATUS = "status", pgettext_lazy("bucket", "Status differs")
    REFUND = "refund", pgettext_lazy("bucket", "Refund differs")
    CURRENCY = "currency", pgettext_lazy("bucket", "Currency differs")
    ORDER_NUMBER = "order_number", pgettext_lazy("bucket", "Order number differs")
    DOUBLE_APPROVAL = "double_approval", pgettext_lazy("bucket", "Approved twice")
    TEST_PAYMENT = "test_payment", pgettext_lazy("bucket", "Test payment in production")
    PAID_AT = "paid_at", pgettext_lazy("bucket", "Payment time differs")
    DETAILS = "details", pgettext_lazy("bucket", "Payment details differ")
    CONTRADICTION = "contradiction", pgettext_lazy("bucket", "Contradicts itself")
    LATE_APPROVAL = "late_approval", pgettext_lazy("bucket", "Paid after it had failed")


class ClosingReason(models.TextChoices):
    """Why a person closes a discrepancy. `AGREES` is the system's own: the facts agree again."""

    AGREES = "agrees", pgettext_lazy("closing reason", "The facts agree again")
    CORRECTED = "corrected", pgettext_lazy("closing reason", "Corrected here")
    CORRECTED_THERE = "corrected_there", pgettext_lazy("closing reason", "Corrected at the gateway")
    TAKEN_IN = "taken_in", pgettext_lazy("closing reason", "Taken in as a payment")
    REFUNDED = "refunded", pgettext_lazy("closing reason", "Refunded to the customer")
    ACCEPTED = "accepted", pgettext_lazy("closing reason", "Known and accepted")
    OTHER = "other", pgettext_lazy("closing reason", "Another reason")


class Discrepancy(models.Model):
    """One attempt that does not agree. `ours` and `theirs` are each side's figures as JSON text.

    Each is an object of status, amount, cancelled_amount, currency, paid_at ...; "" where that side
    has no such payment. Personal data is masked. Amounts in won, times in UTC. `payment` is the one
    that holds this `imp_uid`, or else the order that the gateway names.
    """

    # The same again adds nothing.
    imp_uid = models.CharField(_("PortOne payment id"), max_length=32)
    merchant_uid = models.CharField(_("order number"), max_length=40)
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="discrepancies",
    )
    ours = models.TextField(_("our figures"), blank=True)
    theirs = models.TextField(_("the gateway's figures"), blank=True)
    # What is at stake, for sorting and sums: the amount of the side that has one; won alone.
    amount = models.BigIntegerField(_("amount"), default=0)
    run = models.ForeignKey(
        ReconciliationRun,
        verbose_name=_("found by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="discrepancies",
        db_index=False,
    )
    # Every run that saw it, the first one too: a run leads to all that it saw for good, because a
    # close stands on it.
    seen_by = models.ManyToManyField(
        ReconciliationRun,
        verbose_name=_("seen by"),
        blank=True,
        related_name="seen",
    )
    found_at = models.DateTimeField(_("found"))
    seen_at = models.DateTimeField(_("last seen"))
    is_open = models.BooleanField(_("open"), default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closing_reason = models.CharField(_("reason"), max_length=20, choices=ClosingReason, blank=True)
    times_opened = models.PositiveIntegerField(_("times opened"), default=1)
    # Counts up with every step: a page that was drawn before one is out of date.
    version = models.PositiveIntegerField(default=0, editable=False)
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        default_permissions = ("view",)
        permissions = [
            ("work_discrepancy", _("Can own and close discrepancies")),
            ("export_discrepancy", _("Can export discrepancies")),
            ("take_in_discrepancy", _("Can take in a payment that is missing here")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["imp_uid"], name="discrepancy_imp_uid_once"),
            models.CheckConstraint(condition=~Q(imp_uid=""), name="discrepancy_has_imp_uid"),
            models.CheckConstraint(
                condition=Q(is_open=True) | (Q(closed_at__isnull=False) & ~Q(closing_reason="")),
                name="discrepancy_closed_with_reason",
            ),
        ]
        indexes = [
            models.Index(models.F("id").desc(), condition=Q(is_open=True), name="discrepancy_open"),
            models.Index(fields=["merchant_uid"], name="discrepancy_by_merchant_uid"),
            # Which payments are flagged.
            models.Index(
                fields=["payment"], condition=Q(is_open=True), name="discrepancy_open_by_payment"
            ),
        ]

    def __str__(self) -> str:
        return self.merchant_uid

    @property
    def buckets(self) -> list[Bucket]:
        """In what the two sides differ, in the order of `Bucket`."""
        named = {line.bucket for line in self.lines.all() if line.is_current}
        return [bucket for bucket in Bucket if bucket in named]


class DiscrepancyLine(models.Model):
    """One thing in which the two sides differ, with the figures that show it (JSON text).

    `is_accepted`: a person has closed the discrepancy over just these figures. As long as they stay
    as they are, they open it no more. `is_current`: it was there when both sides were last seen, or
    when it was closed.
    """

    # Looked up by the index of its bucket (`discrepancy_line_unique`).
    discrepancy = models.ForeignKey(
        Discrepancy, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    bucket = models.CharField(_("what differs"), max_length=20, choices=Bucket)
    ours = models.TextField(blank=True)
    theirs = models.TextField(blank=True)
    is_accepted = models.BooleanField(_("accepted"), default=False)
    is_current = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["discrepancy", "bucket"], name="discrepancy_line_unique"
            )
        ]
        indexes = [
            # By what differs: the queue's filter, the tile of late approvals.
            models.Index(
                fields=["bucket"],
                condition=Q(is_current=True),
                name="discrepancy_line_current",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_bucket_display())

    @property
    def facts(self) -> tuple[str, str, str]:
        """What makes it the same as another one."""
        return self.bucket, self.ours, self.theirs


class StepKind(models.TextChoices):
    """What happened to a discrepancy."""

    FOUND = "found", pgettext_lazy("discrepancy step", "Found")
    CHANGED = "changed", pgettext_lazy("discrepancy step", "Figures changed")
    OWNED = "owned", pgettext_lazy("discrepancy step", "Owner changed")
    CLOSED = "closed", pgettext_lazy("discrepancy step", "Closed")
    REOPENED = "reopened", pgettext_lazy("discrepancy step", "Opened again")


class DiscrepancyStep(AppendOnlyModel):
    """One change of a discrepancy: who, when, why, and the figures of both sides at that time."""

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=16, choices=StepKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    actor_name = models.CharField(_("name at the time"), max_length=254, blank=True)
    reason_code = models.CharField(_("reason"), max_length=20, choices=ClosingReason, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    ours = models.TextField(blank=True)
    theirs = models.TextField(blank=True)

    class Meta:
        verbose_name = _("step of a discrepancy")
        verbose_name_plural = _("steps of a discrepancy")
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.kind}"
