"""Rows by a list of their ids, a thousand at a time.

Django's `__in` makes a parameter of each id, which costs more than the query: PostgreSQL takes them
as one array. On SQLite it is `__in`.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F
from django.db.models.lookups import In


def among(column: str, values: Iterable[int] | Iterable[str]) -> "Among":
    """The condition that this column of the rows themselves holds one of these values."""
    return Among(F(column), list(values))


class Among(In):
    """`column IN (...)`, of whole numbers or of texts."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """`column = ANY(array)`."""
        if not self.rhs:
            raise EmptyResultSet
        sql, params = self.process_lhs(compiler, connection)
        # Not the column's own type: one of a limited length would cut a longer text to fit.
        kind = "bigint" if isinstance(self.rhs[0], int) else "text"
        return f"{sql} = ANY(%s::{kind}[])", [*params, self.rhs]
