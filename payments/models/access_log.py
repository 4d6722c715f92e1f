"""Who looked at personal data unmasked, or took it out, and why. Kept for good."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.core.db.append_only import AppendOnlyModel

from .payment import Payment


class AccessKind(models.TextChoices):
    """How the data was seen."""

    VIEWED = "viewed", _("Viewed unmasked")
    EXPORTED = "exported", _("Exported")


class PersonalDataAccess(AppendOnlyModel):
    """One person seeing personal data, once.

    `payment` is the one whose page it was. Of a list there is its URL's `query`; of an export
    also how many `rows` went into the file.
    """

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor_name = models.CharField(_("name at the time"), max_length=254)
    kind = models.CharField(_("what"), max_length=16, choices=AccessKind)
    unmasked = models.BooleanField(_("unmasked"), default=False)
    reason = models.CharField(_("reason"), max_length=500)
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    query = models.TextField(_("filter"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=1)
    remote_address = models.GenericIPAddressField(_("from"), null=True, blank=True)

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("accesses to personal data")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.actor_name} {self.kind}"
