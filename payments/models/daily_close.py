"""Finished days, frozen: `services.daily_close.close` writes a close once; it is never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.db.append_only import AppendOnlyModel

from .reconciliation import ReconciliationRun


class DailyClose(AppendOnlyModel):
    """The movements of one Korean day, and what they added up to when it was closed. Whole won.

    A refund is of the day on which it happened: of the payments approved that same day, or of
    earlier days' (`refunded_earlier`). `refunded_later` is what had gone back of the day's payments
    on later days by the time of the close: it leads to the figures by payment date
    (`selectors.daily_close.figures`). `lines` holds one line for each movement
    (`selectors.daily_close.lines`), so that what is learnt later can be told apart; `content_hash`
    is over `lines`, `hash` over all figures and the hash of the close before, so that no close can
    be exchanged or left out.
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
    # Every movement of the day, those that are in no sum included.
    count = models.PositiveIntegerField(_("movements"))
    # Of the orders' own attempts, without test payments. A number of refunds is lowered by what
    # took one back, so it may be below zero.
    approvals = models.PositiveIntegerField(_("number of approvals"))
    approved = models.BigIntegerField(pgettext_lazy("figure", "approved"))
    refunds_same_day = models.IntegerField(_("number of refunds of the own day's payments"))
    refunded_same_day = models.BigIntegerField(_("refunded of the own day's payments"))
    refunds_earlier = models.IntegerField(_("number of refunds of earlier days' payments"))
    refunded_earlier = models.BigIntegerField(_("refunded of earlier days' payments"))
    net = models.BigIntegerField(_("net"))
    refunded_later = models.BigIntegerField(_("refunded on later days until the close"))
    # Lists of objects: what the movements have in common, and their figures.
    by_kind = models.JSONField(_("by kind"), default=list)
    by_method = models.JSONField(_("by payment method"), default=list)
    by_provider = models.JSONField(_("by PG"), default=list)
    by_mid = models.JSONField(_("by MID"), default=list)
    # Figures of what is in none of the sums above: other attempts' money, test payments.
    others = models.JSONField(_("second approvals"), default=dict)
    tests = models.JSONField(_("test payments"), default=dict)
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
