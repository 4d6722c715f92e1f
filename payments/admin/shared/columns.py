"""What a screen is made of, a line each: its columns and its rights.

`heading` is for a column whose cells are in the list's template of rows, `column` for a cell that
one function makes of the row; what takes more is a method under `@admin.display` as everywhere in
Django. `right` makes the `has_..._permission` that Django's actions and our `@staff_view` ask for.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .list_tags import cell_of

Cell = Callable[[Any], Any]


def column(cell: Cell, description: Any, *, ordering: str = "") -> Callable[..., Any]:
    """A column of a list: the cell of a row, its header, and what it is sorted by."""

    def of_row(model_admin: Any, row: Any) -> Any:
        return cell(row)

    return admin.display(of_row, description=description, ordering=ordering or None)


class Heading:
    """A column whose cells are in rows.html, wherever Django asks for one of them."""

    def __init__(self, description: Any, ordering: str) -> None:
        self._display = {"description": description, "ordering": ordering or None}

    def __set_name__(self, model_admin: type, name: str) -> None:
        self._name = name

    def __get__(self, model_admin: Any, owner: type | None = None) -> Callable[..., Any]:
        # A page of one row (`readonly_fields`) shows the cell of its list.
        return admin.display(lambda row: cell_of(row, self._name), **self._display)


def heading(description: Any, *, ordering: str = "") -> Any:
    """A column of a list of which the template of its rows (rows.html) draws the cells."""
    return Heading(description, ordering)


def right(permission: str) -> Callable[[Any, HttpRequest], bool]:
    """Whether the person has this permission ("app.codename"), for `has_..._permission`."""

    def is_granted(model_admin: Any, request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return is_granted
