"""A look-up by what is unique: there is one row, or none.

`QuerySet.first` sorts what it looks up, and to write that down Django makes an object for each
column of the row: on a payment that takes longer than the query. Where a page asks for the same
each time, `row_where` writes the query once.
"""

from functools import lru_cache
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from .instances import made

Row = TypeVar("Row", bound=Model)


def one_or_none(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique condition leaves, None if it leaves none."""
    return next(iter(rows[:1]), None)


def row_where(model: type[Row], /, **columns: int | str) -> Row | None:
    """The row of which these columns, unique together, hold these values; None if there is none."""
    if connection.vendor != "postgresql":
        # Whose values are no Python's yet.
        return one_or_none(model._default_manager.filter(**columns))
    sql, names = _query(model, tuple(columns))
    with connection.cursor() as cursor:
        cursor.execute(sql, list(columns.values()))
        values = cursor.fetchone()
    return made(model, dict(zip(names, values, strict=True)), is_new=False) if values else None


@lru_cache
def _query(model: type[Model], columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The query, and the names of what it selects."""
    fields, quote = model._meta.concrete_fields, connection.ops.quote_name
    if any(field.get_db_converters(connection) for field in fields):
        raise TypeError(f"a {model.__name__} holds what only its fields can read")
    selected = ", ".join(quote(str(field.column)) for field in fields)
    given = [str(model._meta.get_field(name).column) for name in columns]  # type: ignore[union-attr]
    condition = " AND ".join(f"{quote(column)} = %s" for column in given)
    sql = f"SELECT {selected} FROM {quote(model._meta.db_table)} WHERE {condition} LIMIT 1"  # noqa: S608 (names of ours alone)
    return sql, tuple(field.attname for field in fields)
