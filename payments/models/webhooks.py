"""Webhook deliveries: everything that was posted to us as it came, and what we made of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .payment import Payment


class DeliveryOutcome(models.TextChoices):
    """What came of a delivery. Only the members of `MOVED` changed something."""

    RECEIVED = "received", _("Received, not looked at yet")
    NOT_YET = "not_yet", _("Not known at the gateway yet")
    APPLIED = "applied", _("Applied")
    BODY_DISAGREED = "body_disagreed", _("Applied; the body disagreed")
    HARMLESS = "harmless", _("Nothing new")
    MISMATCHED = "mismatched", _("Does not agree with the order")
    FORGED = "forged", _("Says something the gateway does not")
    UNKNOWN_ORDER = "unknown_order", _("No such order here")
    TEST_CALL = "test_call", _("The console's test call")
    INVALID = "invalid", _("Unreadable")
    FAILED = "failed", _("Could not be processed")


# What nearly every delivery ends as.
_USUAL = (DeliveryOutcome.APPLIED, DeliveryOutcome.HARMLESS)
# What was not processed, or not to the end: it is tried again.
UNSETTLED = (DeliveryOutcome.RECEIVED, DeliveryOutcome.NOT_YET, DeliveryOutcome.FAILED)
# What moved a payment: kept for good.
MOVED = (DeliveryOutcome.APPLIED, DeliveryOutcome.BODY_DISAGREED)
# What nothing here depends on: noise of the open address, removed after a while.
STRANGE = (
    DeliveryOutcome.FORGED,
    DeliveryOutcome.UNKNOWN_ORDER,
    DeliveryOutcome.TEST_CALL,
    DeliveryOutcome.INVALID,
)


class WebhookDelivery(models.Model):
    """One POST to the webhook URL. Its body is a hint, never a fact (contract 5)."""

    received_at = models.DateTimeField(_("received"), db_index=True)
    remote_address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    # The whole body, or its beginning, and then its hash tells equal ones apart.
    body = models.TextField(_("body"), blank=True)
    body_size = models.PositiveIntegerField(_("size"), default=0)
    body_hash = models.CharField(_("SHA-256"), max_length=64, blank=True)
    imp_uid = models.CharField(_("PortOne payment id"), max_length=64, blank=True)
    merchant_uid = models.CharField(_("order number"), max_length=64, blank=True)
    claimed_status = models.CharField(_("claimed status"), max_length=32, blank=True)
    cancellation_id = models.CharField(_("refund id"), max_length=64, blank=True)
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    outcome = models.CharField(
        _("outcome"), max_length=16, choices=DeliveryOutcome, default=DeliveryOutcome.RECEIVED
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # None: nothing is left to do, or it was given up (`outcome` tells which).
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        default_permissions = ("view",)
        permissions = [("replay_webhookdelivery", _("Can process a webhook again"))]
        # The usual outcomes fill a page from the newest rows; the others are few and spread out.
        indexes = [
            models.Index(
                "outcome",
                F("id").desc(),
                condition=Q(
                    outcome__in=[outcome for outcome in DeliveryOutcome if outcome not in _USUAL]
                ),
                name="delivery_unusual",
            ),
            models.Index(
                "next_attempt_at",
                condition=Q(next_attempt_at__isnull=False),
                name="delivery_to_try_again",
            ),
            # Searched whole: `db_index=True` would bring an index of beginnings as well.
            models.Index("imp_uid", name="delivery_by_imp_uid"),
            models.Index("merchant_uid", name="delivery_by_merchant_uid"),
            # For what is removed after a while; the other outcomes have their index above.
            models.Index(
                "id", condition=Q(outcome=DeliveryOutcome.HARMLESS), name="delivery_harmless"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.imp_uid or '?'} {self.claimed_status}"

    @property
    def has_id(self) -> bool:
        """Whether the gateway can be asked about it: its ids all begin alike (contract 3)."""
        return self.imp_uid.startswith("imp")

    @property
    def is_given_up(self) -> bool:
        """Tried as often as it is worth: only a person can do something about it now."""
        return self.outcome in UNSETTLED and self.next_attempt_at is None


class WebhookReplay(models.Model):
    """Somebody had a delivery looked into again: who, when, and what came of it.

    `batch` holds together what was asked for at once. `done_at` None: it waits for its turn.
    """

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="replays")
    batch = models.CharField(max_length=32, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=DeliveryOutcome, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("id", condition=Q(done_at__isnull=True), name="replay_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.outcome}"
