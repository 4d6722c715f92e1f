"""Writing many rows of one table in one go, where the ORM's own way is far slower.

`bulk_update` builds one CASE over all rows, which takes twenty times as long as joining them to a
table of values; filling a table from a query needs no rows in Python at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Field, Model, QuerySet


def insert_rows(*, rows: Sequence[Model]) -> None:
    """Insert new rows; their ids stay unknown. PostgreSQL takes them as a stream (COPY)."""
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    columns = [one for one in model._meta.local_concrete_fields if not one.primary_key]
    names = ", ".join(_quoted(one) for one in columns)
    copying = f"COPY {_table(model)} ({names}) FROM STDIN"
    # Django wraps the errors of `execute`, not those of `copy`.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        _stream(cursor, copying, [_values(row, columns) for row in rows])


def _stream(cursor: Any, copying: str, values: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(copying) as copy:
        for one in values:
            copy.write_row(one)


def update_rows(*, rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these fields of each row as it stands. Call inside a transaction."""
    by_values: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
    columns = [_column(type(rows[0]), name) for name in fields] if rows else []
    for row in rows:
        by_values[tuple(_values(row, columns))].append(row.pk)
    if rows:
        _write(type(rows[0]), columns, by_values)


def _write(
    model: type[Model],
    columns: "Sequence[Field[Any, Any]]",
    by_values: dict[tuple[Any, ...], list[Any]],
) -> None:
    """Rows that get the same values in one statement, the others together in another."""
    alone = [(pks[0], *values) for values, pks in by_values.items() if len(pks) == 1]
    assignments = ", ".join(f"{_quoted(one)} = %s" for one in columns)
    sql = f"UPDATE {_table(model)} SET {assignments} WHERE id"  # noqa: S608 (names of ours alone)
    with connection.cursor() as cursor:
        if alone and connection.vendor == "postgresql":
            _write_values(cursor, model, columns, alone)
        elif alone:
            cursor.executemany(f"{sql} = %s", [(*values, pk) for pk, *values in alone])
        for values, pks in by_values.items():
            if len(pks) > 1:
                marks = ", ".join("%s" for _ in pks)
                cursor.execute(f"{sql} IN ({marks})", [*values, *pks])


def _write_values(
    cursor: Any,
    model: type[Model],
    columns: "Sequence[Field[Any, Any]]",
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """All rows in one statement, as a table of values; its first row says of which types."""
    names = [_quoted(one) for one in columns]
    types = ["bigint", *(str(one.db_type(connection)) for one in columns)]
    first = ", ".join(f"%s::{one}" for one in types)
    others = f", ({', '.join('%s' for _ in types)})" * (len(rows) - 1)
    assignments = ", ".join(f"{name} = new.{name}" for name in names)
    cursor.execute(
        f"UPDATE {_table(model)} SET {assignments} "  # noqa: S608 (names of ours alone)
        f"FROM (VALUES ({first}){others}) AS new (id, {', '.join(names)}) "
        f"WHERE {_table(model)}.id = new.id",
        [value for row in rows for value in row],
    )


def insert_from(
    *, model: type[Model], source: QuerySet[Any], column: str, constants: dict[str, Any]
) -> int:
    """One row of `model` for each id that `source` selects; how many there are.

    `column` takes the id, `constants` are the other fields' values, the same in each row.
    """
    names = [_column(model, name) for name in constants]
    values = [one.get_db_prep_save(constants[one.name], connection) for one in names]
    chosen = source.order_by("pk").annotate(chosen_id=F("pk")).values_list("chosen_id")
    try:
        inner, params = chosen.query.sql_with_params()
    except EmptyResultSet:
        return 0
    into = ", ".join(_quoted(one) for one in [_column(model, column), *names])
    marks = "".join(", %s" for _ in names)
    sql = (
        f"INSERT INTO {_table(model)} ({into}) "  # noqa: S608 (names of ours alone)
        f"SELECT chosen.chosen_id{marks} FROM ({inner}) AS chosen"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *params])
        return int(cursor.rowcount)


def _column(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _quoted(field: "Field[Any, Any]") -> str:
    return connection.ops.quote_name(str(field.column))


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _values(row: Model, columns: "Sequence[Field[Any, Any]]") -> list[Any]:
    return [one.get_db_prep_save(getattr(row, one.attname), connection) for one in columns]
