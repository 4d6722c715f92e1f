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
    return _beyond(rows, row, _turned(rows))


def from_the_end(rows: QuerySet[Any]) -> QuerySet[Any]:
    """All of them, the last first."""
    return rows.order_by(*_turned(rows))


def _turned(rows: QuerySet[Any]) -> list[str]:
    """The other way round."""
    parts = map(str, rows.query.order_by)
    return [part[1:] if part.startswith("-") else f"-{part}" for part in parts]


def _beyond(rows: QuerySet[Any], row: Model, order: list[str]) -> QuerySet[Any]:
    """Further in the first column, or equal in it and further in the next, and so on."""
    condition, equal = Q(pk__in=[]), Q()
    for part in order:
        name = part.removeprefix("-")
        further = "lt" if part.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{further}": getattr(row, name)})
        equal &= Q(**{name: getattr(row, name)})
    return rows.filter(condition, _bound(row, order)).order_by(*order)


def _bound(row: Model, order: list[str]) -> Q:
    """What the rest says already of the first column: an index begins there, not with its end."""
    if not order:
        return Q()
    name, up_to = order[0].removeprefix("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{name}__{up_to}": getattr(row, name)})
