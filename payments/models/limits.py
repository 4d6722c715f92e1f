"""How often something happened within a while, for whatever has a limit."""

from django.db import models


class LimitCount(models.Model):
    """One window of one thing that is limited; it is swept once `ends_at` has passed."""

    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=100)
    ends_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["scope", "key", "ends_at"], name="limit_window_once")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}: {self.count}"
