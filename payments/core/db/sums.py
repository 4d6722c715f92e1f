"""Adding up rows of one table into another inside the database, onto what stands there."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, Model, QuerySet


def add_up_into(
    *,
    model: type[Model],
    source: QuerySet[Any, Any],
    by: Sequence[str],
    sums: Mapping[str, Aggregate],
) -> None:
    """Add the sums of `source` to the rows of `model` that agree in `by`; a missing one is made.

    `by` are fields of both, and a unique constraint of `model`; `sums` are fields of `model`.
    """
    named = {f"added_{name}": added for name, added in sums.items()}
    grouped = source.order_by().values(*by).annotate(**named).values_list(*by, *named)
    try:
        inner, params = grouped.query.sql_with_params()
    except EmptyResultSet:
        return
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(name) for name in (*by, *sums))
    unique = ", ".join(quote(name) for name in by)
    added = ", ".join(
        f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in sums
    )
    with connection.cursor() as cursor:
        # Without a condition SQLite reads ON CONFLICT as that of a join.
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT * FROM ({inner}) AS summed WHERE true "  # noqa: S608 (names of ours alone)
            f"ON CONFLICT ({unique}) DO UPDATE SET {added}",
            params,
        )
