"""Writing many rows of one table in one go, where the ORM's own way is far slower.

`bulk_update` builds one CASE over all rows, which takes twenty times as long as joining them to a
table of values; filling a table from a query needs no rows in Python at all.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from operator import attrgetter, methodcaller
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    F,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)

from .among import among

Columns = Sequence["Field[Any, Any]"]


def insert_rows(*, rows: Sequence[Model], with_ids: bool = False) -> None:
    """Insert new rows; their ids stay unknown. PostgreSQL takes them as a stream (COPY).

    With `with_ids` they have theirs: of `next_id`, or the table's next id is for the caller to set.
    """
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    copying, columns = _copying(model, with_ids)
    # Django wraps the errors of `execute`, not those of `copy`.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        _stream(cursor, copying, _texts(rows, columns))


@lru_cache
def _copying(model: type[Model], with_ids: bool) -> tuple[str, Columns]:
    """The statement, and the columns of which it takes values."""
    fields = model._meta.local_concrete_fields
    columns = [field for field in fields if with_ids or not field.primary_key]
    names = ", ".join(_quoted(field) for field in columns)
    return f"COPY {_table(model)} ({names}) FROM STDIN", columns


def next_id(model: type[Model]) -> int:
    """The id of a row that is to be inserted with it; nobody else gets it. In a transaction."""
    table, column = _table(model), str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])
        else:
            # There is one writer at a time, and it is this one.
            sql = "SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s"
            cursor.execute(sql, [model._meta.db_table])
        return int(cursor.fetchone()[0])


def _stream(cursor: Any, copying: str, values: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(copying) as copy:
        for row in values:
            copy.write_row(row)


def update_rows(*, rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these fields of each row as it stands. Call inside a transaction."""
    if not rows:
        return
    columns = [_column(type(rows[0]), name) for name in fields]
    # One name more, so that one column gives a tuple as well.
    values_of = attrgetter(*(field.attname for field in columns), columns[0].attname)
    alike: defaultdict[tuple[Any, ...], list[Model]] = defaultdict(list)
    for row in rows:
        alike[values_of(row)].append(row)
    for values, group in alike.items():
        if len(group) > 1:
            same = type(rows[0])._default_manager.filter(among("pk", [row.pk for row in group]))
            same.update(**dict(zip(fields, values, strict=False)))
    _write([group[0] for group in alike.values() if len(group) == 1], columns)


def update_row(*, row: Model, fields: Sequence[str], where: str, holds: int) -> bool:
    """Write these fields of one row, if another of its fields holds this; whether it did."""
    sql, columns = _updating(type(row), tuple(fields), where)
    [values] = _values([row], columns)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, row.pk, holds])
        return bool(cursor.rowcount)


@lru_cache
def _updating(model: type[Model], fields: tuple[str, ...], where: str) -> tuple[str, Columns]:
    columns = [_column(model, name) for name in fields]
    unmoved = _quoted(_column(model, where))
    return f"{_assigning(model, columns)} AND {unmoved} = %s", columns


def _assigning(model: type[Model], columns: Columns) -> str:
    assignments = ", ".join(f"{_quoted(field)} = %s" for field in columns)
    return f"UPDATE {_table(model)} SET {assignments} WHERE id = %s"  # noqa: S608 (names of ours alone)


def _write(rows: Sequence[Model], columns: Columns) -> None:
    """Rows of which each gets values of its own."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _write_joined(cursor, rows, columns)
            return
        pairs = zip(rows, _values(rows, columns), strict=True)
        changes = [(*values, row.pk) for row, values in pairs]
        cursor.executemany(_assigning(type(rows[0]), columns), changes)


def _write_joined(cursor: Any, rows: Sequence[Model], columns: Columns) -> None:
    """All rows in one statement with one parameter: thousands of them take long to bind."""
    model, quoted = type(rows[0]), [_quoted(field) for field in columns]
    types = [field.db_type(connection) for field in columns]
    record = ", ".join(f"{name} {kind}" for name, kind in zip(quoted, types, strict=True))
    keys = [*(str(field.column) for field in columns), "id"]
    values = _texts(rows, [*columns, _column(model, "id")])
    records = [dict(zip(keys, row, strict=True)) for row in values]
    cursor.execute(
        f"UPDATE {_table(model)} SET {', '.join(f'{name} = new.{name}' for name in quoted)} "  # noqa: S608 (names of ours alone)
        f"FROM json_to_recordset(%s) AS new ({record}, id bigint) "
        f"WHERE {_table(model)}.id = new.id",
        [json.dumps(records)],
    )


def insert_from(
    *, model: type[Model], source: QuerySet[Any], column: str, constants: dict[str, Any]
) -> int:
    """One row of `model` for each id that `source` selects; how many there are.

    `column` takes the id, `constants` are the other fields' values, the same in each row.
    """
    names = [_column(model, name) for name in constants]
    values = [field.get_db_prep_save(constants[field.name], connection) for field in names]
    chosen = source.order_by("pk").annotate(chosen_id=F("pk")).values_list("chosen_id")
    try:
        inner, params = chosen.query.sql_with_params()
    except EmptyResultSet:
        return 0
    into = ", ".join(_quoted(field) for field in [_column(model, column), *names])
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


# A value in the text of a COPY or in a JSON record, where that is quicker than to ask its column.
_AS_TEXT: tuple[tuple[type["Field[Any, Any]"], Callable[[Any], str]], ...] = (
    (CharField, str),
    (TextField, str),
    (DateField, methodcaller("isoformat")),
    (JSONField, json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode),
)
# The driver writes these as they are.
_PLAIN = (IntegerField, ForeignKey, BooleanField)


def _texts(rows: Sequence[Model], columns: Columns) -> Iterable[tuple[Any, ...]]:
    """The rows as PostgreSQL reads them, made column by column."""
    return zip(*(_cells(rows, field) for field in columns), strict=True)


def _cells(rows: Sequence[Model], field: "Field[Any, Any]") -> list[Any]:
    values, write = map(attrgetter(field.attname), rows), _writer(field)
    if write is None:
        return list(values)
    return [None if value is None else write(value) for value in values]


@lru_cache
def _writer(field: "Field[Any, Any]") -> Callable[[Any], Any] | None:
    """None where the driver writes the value as it is."""
    if isinstance(field, _PLAIN):
        return None
    own = partial(_prepared, field)
    return next((write for kind, write in _AS_TEXT if isinstance(field, kind)), own)


def _prepared(field: "Field[Any, Any]", value: object) -> object:
    return field.get_db_prep_save(value, connection)


def _values(rows: Sequence[Model], columns: Columns) -> list[list[Any]]:
    # The connection itself: through Django's proxy, each value of each row looks it up again.
    real = connections[DEFAULT_DB_ALIAS]
    names = [(field.attname, field.get_db_prep_save) for field in columns]
    return [[prepare(getattr(row, name), real) for name, prepare in names] for row in rows]
