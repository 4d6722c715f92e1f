"""Counting up in the database: one statement, exact however many processes count at once."""

from typing import Any

from django.db import connection
from django.db.models import Field, Model


def count_up(*, model: type[Model], count: str, row: dict[str, Any]) -> int:
    """Add one to the field `count` of the row that `row` names, which is made if it is missing.

    The count with this one in it. `row` holds the fields of a unique constraint of `model`.
    """
    fields = [_field(model, name) for name in row]
    values = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, row.values(), strict=True)
    ]
    unique = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    counted = connection.ops.quote_name(str(_field(model, count).column))
    table = connection.ops.quote_name(model._meta.db_table)
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({unique}, {counted}) VALUES ({marks}, 1) "  # noqa: S608 (names of ours alone)
            f"ON CONFLICT ({unique}) DO UPDATE SET {counted} = {table}.{counted} + 1 "
            f"RETURNING {counted}",
            values,
        )
        return int(cursor.fetchone()[0])


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field
