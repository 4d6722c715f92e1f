"""The rows before and after one in the order of a list, by key: an index leads to them.

It needs no page of the list and counts nothing, and the row itself need not be on the list any
more: what counts is where it would stand. The order has to end in a column that no two rows share;
none of its columns may be null.
"""

from typing import Any

from django.db.models import Model, Q, QuerySet


def rows_after(rows: QuerySet[Any], row: Model) -> QuerySet[Any]:
    """What comes after `row` in the order of `rows`, the nearest first."""
    return _beyond(rows, row, [str(part) for part in rows.query.order_by])


def rows_before(rows: QuerySet[Any], row: Model) -> QuerySet[Any]:
    """What comes before it, the nearest first."""
    return _beyond(rows, row, [_turned(str(part)) for part in rows.query.order_by])


def _turned(part: str) -> str:
    return part.removeprefix("-") if part.startswith("-") else f"-{part}"


def _beyond(rows: QuerySet[Any], row: Model, order: list[str]) -> QuerySet[Any]:
    """Further in the first column, or equal in it and further in the next, and so on."""
    condition, equal = Q(pk__in=[]), Q()
    for part in order:
        name = part.removeprefix("-")
        further = "lt" if part.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{further}": getattr(row, name)})
        equal &= Q(**{name: getattr(row, name)})
    return rows.filter(condition).order_by(*order)
