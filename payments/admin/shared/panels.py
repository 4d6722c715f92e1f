"""The panels above a list: its filters under headings, each with how many of them are in use.

Which filter stands where is a table of the screen's own, in its `filters` module, which the set of
filters names as its `places`. `filtered` draws them when somebody opens one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise

from payments.core.text import whole_number

from .links import OPENED, taken_out

# Heading and filters of each panel, in the order of the screen.
Panels = Sequence[tuple[str | Promise, Sequence[str]]]
# Heading, fields, and how many of them are in use.
Panel = tuple[str | Promise, list[forms.BoundField], int]
# It says which date the days are about: by itself it narrows nothing.
_NARROWS_NOTHING = "basis"


def panels(filterset: Any) -> Iterator[Panel]:
    """All of them, for the page."""
    for (heading, used), (_heading, names) in zip(
        headings(filterset), filterset.places, strict=True
    ):
        yield heading, [filterset.form[name] for name in names], used


def headings(filterset: Any) -> Iterator[tuple[str | Promise, int]]:
    """The same while they are closed: no field is drawn."""
    data = filterset.data
    for heading, names in filterset.places:
        yield heading, sum(any(data.getlist(name)) for name in names if name != _NARROWS_NOTHING)


def opened_in(request: HttpRequest) -> int | None:
    """The number of the panel that is open, 0 for one that is none; None for headings alone."""
    number = taken_out(request, OPENED)
    return None if number is None else whole_number(number) or 0
