"""Models whose rows are only ever added: each refuses an update or a delete by itself.

The database refuses as well (`payments.migrations._append_only_triggers`): a new model of this kind
is named there too.
"""

from typing import Any, NoReturn

from django.db import models


class AppendOnlyError(TypeError):
    """Somebody tried to change or remove a row that is kept for good."""


def _refuse(*args: object, **kwargs: object) -> NoReturn:
    raise AppendOnlyError("These rows are never changed or removed: append a new one.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A queryset that reads."""

    update = _refuse
    delete = _refuse
    bulk_update = _refuse
    update_or_create = _refuse


class AppendOnlyModel(models.Model):
    """Inserted once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; a row that exists is never saved again."""
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        _refuse()
