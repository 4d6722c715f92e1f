"""The rows of one page of a list: their ids first, then those rows alone.

An index gives the ids; only what is shown is joined and read whole, however deep the page lies. A
new list takes it through `admin.shared.readonly.BoundedPaginator`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, OrderBy, QuerySet


def page_rows(rows: QuerySet[Any], start: int, stop: int) -> list[Any]:
    """`rows[start:stop]`, in that order."""
    return read_whole(rows, _ids(rows, start, stop))


def read_whole(rows: QuerySet[Any], ids: Sequence[Any]) -> list[Any]:
    """The rows with these ids, in their order, with what the list joins for its columns."""
    if not ids:
        return []
    read = rows.model._default_manager.filter(pk__in=ids)
    # Its conditions have done their work.
    read.query.select_related = rows.query.select_related
    by_id = {row.pk: row for row in read}
    # A row that was deleted between the two queries is gone.
    return [by_id[pk] for pk in ids if pk in by_id]


def parts_of(rows: QuerySet[Any]) -> list[QuerySet[Any]]:
    """The same rows in the same order as one list, or two: with a value to sort by, and without.

    An index has NULLs last one way only.
    """
    order = rows.query.order_by[0] if rows.query.order_by else None
    if not (isinstance(order, OrderBy) and order.nulls_last and isinstance(order.expression, F)):
        return [rows]
    column: str = order.expression.name  # type: ignore[attr-defined]
    sign = "-" if order.descending else ""
    return [
        rows.filter(**{f"{column}__isnull": False}).order_by(f"{sign}{column}", f"{sign}pk"),
        rows.filter(**{f"{column}__isnull": True}).order_by(f"{sign}pk"),
    ]


def ids_of(parts: Iterable[QuerySet[Any]], size: int) -> list[Any]:
    """The ids of the first `size` rows of these, one after the other."""
    ids: list[Any] = []
    for part in parts:
        if size > len(ids):
            ids += part.values_list("pk", flat=True)[: size - len(ids)]
    return ids


def _ids(rows: QuerySet[Any], start: int, stop: int) -> list[Any]:
    first, *rest = parts_of(rows)
    ids = list(first.values_list("pk", flat=True)[start:stop])
    missing = stop - start - len(ids)
    for part in rest if missing else ():
        before = 0 if ids else start - first.order_by()[:start].count()
        ids += part.values_list("pk", flat=True)[before : before + missing]
    return ids
