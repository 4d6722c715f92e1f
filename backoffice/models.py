"""The one table of the frame: what is written to see whether anything can be.

Django also sends `post_migrate` only for apps that have this module.
"""

from django.db import models


class WriteTrial(models.Model):
    """The last write that `backoffice.health` tried (UTC). One row, which all processes share."""

    ROW = 1

    written_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "write trial"
