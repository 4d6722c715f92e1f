"""The rows of one page of a list: their ids first, then those rows alone.

An index gives the ids; only what is shown is joined and read whole, however deep the page lies. A
new list takes it through `admin.shared.readonly.BoundedPaginator`.
"""

from typing import Any

from django.db.models import F, OrderBy, QuerySet


def page_rows(rows: QuerySet[Any], start: int, stop: int) -> list[Any]:
    """`rows[start:stop]`, in that order."""
    ids = _ids(rows, start, stop)
    if not ids:
        return []
    read = rows.model._default_manager.filter(pk__in=ids)
    # What the list joins for its columns; its conditions have done their work.
    read.query.select_related = rows.query.select_related
    by_id = {row.pk: row for row in read}
    # A row that was deleted between the two queries is gone.
    return [by_id[pk] for pk in ids if pk in by_id]


def _ids(rows: QuerySet[Any], start: int, stop: int) -> list[Any]:
    order = rows.query.order_by[0] if rows.query.order_by else None
    if not (isinstance(order, OrderBy) and order.nulls_last and isinstance(order.expression, F)):
        return list(rows.values_list("pk", flat=True)[start:stop])
    column: str = order.expression.name  # type: ignore[attr-defined]
    return _known_first(rows, column, bool(order.descending), start, stop)


def _known_first(
    rows: QuerySet[Any], column: str, descending: bool, start: int, stop: int
) -> list[Any]:
    """Those with a value by it, then those without: an index has NULLs last one way only."""
    sign = "-" if descending else ""
    known = rows.filter(**{f"{column}__isnull": False}).order_by(f"{sign}{column}", f"{sign}pk")
    ids = list(known.values_list("pk", flat=True)[start:stop])
    missing = stop - start - len(ids)
    if missing:
        before = 0 if ids else start - known.order_by()[:start].count()
        unknown = rows.filter(**{f"{column}__isnull": True}).order_by(f"{sign}pk")
        ids += unknown.values_list("pk", flat=True)[before : before + missing]
    return ids
