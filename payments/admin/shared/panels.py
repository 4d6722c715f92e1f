"""The panels above a list: its filters under headings, each with how many of them are in use.

Which filter stands where is a table of the screen's own, in its `filters` module.
"""

from collections.abc import Iterator, Sequence

from django import forms
from django.utils.functional import Promise

from payments.filters.base import BaseFilter

# Heading and filters of each panel, in the order of the screen.
Panels = Sequence[tuple[str | Promise, Sequence[str]]]
# Heading, fields, and how many of them are in use.
Panel = tuple[str | Promise, list[forms.BoundField], int]
# It says which date the days are about: by itself it narrows nothing.
_NARROWS_NOTHING = "basis"


def panels(filterset: BaseFilter, places: Panels) -> Iterator[Panel]:
    """All of them, for the page."""
    for heading, names in places:
        used = sum(any(filterset.data.getlist(name)) for name in names if name != _NARROWS_NOTHING)
        yield heading, [filterset.form[name] for name in names], used
