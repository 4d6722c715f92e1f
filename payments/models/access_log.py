"""Who looked at personal data unmasked, or took it out, and why. Kept for good."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.core import hashing
from payments.core.db.append_only import AppendOnlyModel

from .payment import Payment


class AccessKind(models.TextChoices):
    """How the data was seen."""

    VIEWED = "viewed", _("Viewed unmasked")
    EXPORTED = "exported", _("Exported")


class PersonalDataAccess(AppendOnlyModel):
    """One person seeing personal data, once.

    `payment` is the one whose page it was. Of a list there is its URL's `query`; of an export
    also how many `rows` went into the file. What was searched for may be a customer's e-mail, and
    this row is for good: so it holds a salted hash, and the words stand in an `AccessQuery`.
    """

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
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
    query_hash = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=1)
    remote_address = models.GenericIPAddressField(_("from"), null=True, blank=True)

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("accesses to personal data")
        default_permissions = ("view",)
        indexes = [
            # Whether somebody has just seen the same. For words of it see
            # `migrations/_access_search_index.py`.
            models.Index(fields=["actor", "at"], name="access_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.kind}"

    @property
    def query(self) -> str:
        """The filter, as in the list's URL; "" if there was none, or it has been erased."""
        kept = getattr(self, "kept_query", None)
        return kept.query if kept else ""

    @property
    def is_query_erased(self) -> bool:
        """Whether there was a filter that nobody can read any more."""
        return bool(self.query_hash) and not self.query

    @property
    def is_query_changed(self) -> bool:
        """Whether the filter that stands here is not the one that was recorded."""
        kept = getattr(self, "kept_query", None)
        return kept is not None and kept.hash != self.query_hash


class AccessQuery(models.Model):
    """The words of an access's filter. Can be erased: the access keeps that there were some."""

    access = models.OneToOneField(
        PersonalDataAccess, on_delete=models.CASCADE, primary_key=True, related_name="kept_query"
    )
    query = models.TextField(_("filter"))
    # Erased with the words, or trying out what they may have been would find them by the hash.
    salt = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("filter of an access")
        verbose_name_plural = _("filters of accesses")
        default_permissions = ()

    def __str__(self) -> str:
        return self.query

    @property
    def hash(self) -> str:
        """What the access holds of it for good."""
        return hashing.chained([self.salt, self.query])
