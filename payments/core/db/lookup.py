"""A look-up by what is unique: there is one row, or none.

`QuerySet.first` sorts what it looks up, and to write that down Django makes an object for each
column of the row: on a payment that takes longer than the query.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def one_or_none(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique condition leaves, None if it leaves none."""
    return next(iter(rows[:1]), None)
