"""Finished days, frozen: `services.daily_close.close` writes a close once; it is never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.core.db.append_only import AppendOnlyModel

from .reconciliation import ReconciliationRun


class DailyClose(AppendOnlyModel):
    """The figures of one Korean day, by payment date, as they stood when it was closed.

    Same definition as every list: `gross` is what was approved on the day, `refunded` what had gone
    back of it by then, `net` the rest; whole won. `lines` holds one line for each payment
    ("imp_uid amount cancelled_amount status pay_method pg_provider", sorted), so that a later drift
    names the payments that caused it; `content_hash` is over `lines`, `hash` over all figures and
    the hash of the close before, so that no close can be exchanged or left out.
    """

    day = models.DateField(_("day"), unique=True)
    closed_at = models.DateTimeField(_("closed"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("name at the time"), max_length=254, blank=True)
    run = models.ForeignKey(
        ReconciliationRun,
        verbose_name=_("reconciliation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    count = models.PositiveIntegerField(_("payments"))
    gross = models.BigIntegerField(_("gross"))
    refunded = models.BigIntegerField(_("refunded"))
    net = models.BigIntegerField(_("net"))
    # A list of objects: pay_method, count, gross, refunded, net.
    by_method = models.JSONField(_("by payment method"), default=list)
    by_provider = models.JSONField(_("by PG"), default=list)
    open_discrepancies = models.PositiveIntegerField(_("open discrepancies"))
    lines = models.TextField()
    content_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("daily close")
        verbose_name_plural = _("daily closes")
        default_permissions = ("view",)
        permissions = [("close_day", _("Can close a day"))]
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
