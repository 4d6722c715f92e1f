"""What the processes of an installation know together of the gateway. One row."""

from django.db import models
from django.utils.translation import gettext_lazy as _

THE_ROW = 1


class GatewayState(models.Model):
    """Since when the gateway has been silent, null while it answers; when it last did (UTC).

    `refused_since`: since when its answers have been that our key or this address is refused.
    Written by the processes that call it (`gateway.shared`), each at most once a second.
    """

    silent_since = models.DateTimeField(_("silent since"), null=True, blank=True)
    answered_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    refused_since = models.DateTimeField(_("key refused since"), null=True, blank=True)

    class Meta:
        verbose_name = _("state of the gateway")
        verbose_name_plural = _("state of the gateway")
        default_permissions = ()

    def __str__(self) -> str:
        return "gateway"
