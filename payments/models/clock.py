"""Our clocks beside the gateway's, as last compared: one row, which all processes share."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# So far apart, no time of ours is a reason to end anything.
MOST_APART = timedelta(minutes=3)


class ClockComparison(models.Model):
    """The last comparison; `skew` is ours minus the gateway's, in seconds.

    `compared_at` is the database's time, `apart_at` the gateway's when they were last too far
    apart, None if they never were.
    """

    ROW = 1

    host = models.CharField(_("machine"), max_length=255)
    skew = models.FloatField(_("ahead of the gateway by"))
    compared_at = models.DateTimeField(_("compared"))
    apart_at = models.DateTimeField(_("last apart"), null=True, blank=True)

    class Meta:
        verbose_name = _("comparison of clocks")
        verbose_name_plural = _("comparisons of clocks")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.host}: {self.skew:+.0f} s"

    @property
    def is_apart(self) -> bool:
        """Whether nothing may be decided by the time."""
        return abs(self.skew) > MOST_APART.total_seconds()
