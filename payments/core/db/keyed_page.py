"""A page of a list by a row of it: what comes after that, before it, or last of all.

An index leads there, so the last page of ten million rows takes no longer than the first, and its
address stands for the same rows whatever is added in front. A list can be read so if its rows each
have one place in its order (`has_keys`): a column that may be empty says where those stand
(`nulls_last`).
"""

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.db.models import IntegerField, Model, QuerySet

from .neighbours import from_the_end, rows_after, rows_before
from .page_rows import ids_of, parts_of, read_whole


@dataclass(frozen=True, slots=True)
class KeyedPage:
    """Some rows in the list's order, and whether there are others on either side of them."""

    rows: list[Any]
    has_previous: bool
    has_next: bool


def has_keys(rows: QuerySet[Any]) -> bool:
    """Whether the order goes by columns of the row's own that are never empty, then by its id."""
    first, *others = parts_of(rows)
    order = [str(part).removeprefix("-") for part in first.query.order_by]
    own = {field.name: field for field in rows.model._meta.concrete_fields}
    # What comes after the id decides nothing.
    before_id = takewhile(lambda name: name != "pk", order)
    told = all(name in own and (others or not own[name].null) for name in before_id)
    # A row is named by its id in an address, and anybody can write one: a number alone is safe.
    has_number = isinstance(rows.model._meta.pk, IntegerField)
    return has_number and "pk" in order and told


def page_after(rows: QuerySet[Any], row: Model, size: int) -> KeyedPage:
    """What comes right after `row`."""
    parts = parts_of(rows)
    place = _part_of(row, parts)
    ids = ids_of([rows_after(parts[place], row), *parts[place + 1 :]], size + 1)
    return KeyedPage(read_whole(rows, ids[:size]), has_previous=True, has_next=len(ids) > size)


def page_before(rows: QuerySet[Any], row: Model, size: int) -> KeyedPage:
    """What comes right before it."""
    parts = parts_of(rows)
    place = _part_of(row, parts)
    return _towards_the_front(
        rows, [rows_before(parts[place], row), *_backwards(parts[:place])], size, has_next=True
    )


def last_page(rows: QuerySet[Any], size: int) -> KeyedPage:
    """The last rows of all."""
    return _towards_the_front(rows, _backwards(parts_of(rows)), size, has_next=False)


def _towards_the_front(
    rows: QuerySet[Any], parts: list[QuerySet[Any]], size: int, *, has_next: bool
) -> KeyedPage:
    ids = ids_of(parts, size + 1)
    shown = read_whole(rows, ids[:size][::-1])
    return KeyedPage(shown, has_previous=len(ids) > size, has_next=has_next)


def _backwards(parts: list[QuerySet[Any]]) -> list[QuerySet[Any]]:
    return [from_the_end(part) for part in reversed(parts)]


def _part_of(row: Model, parts: list[QuerySet[Any]]) -> int:
    """In which of them the row stands: in the second, if there is one, without a value."""
    column = str(parts[0].query.order_by[0]).removeprefix("-")
    return int(len(parts) > 1 and getattr(row, column) is None)
