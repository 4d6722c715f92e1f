"""Views of a list by name, and which of them the person is looking at.

What everybody looks at every day is a table of the screen's own; a person's own views of payments
are in `admin.payments.tabs`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode

from payments.core.list_pages import POSITIONS
from payments.filters.base import DATES

# Name and query string.
Presets = Sequence[tuple[str | Promise, str]]
_PASSING = {PAGE_VAR, ALL_VAR, ERROR_FLAG, *POSITIONS}


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a list. `pk` is that of a saved one, which can be deleted."""

    label: str
    href: str
    is_current: bool
    pk: int | None = None


def view_query(params: QueryDict) -> str:
    """A query string in one spelling, without the page and without what says nothing."""
    # Which date is meant says nothing where no days are asked for.
    dropped = _PASSING if any(params.get(name) for name in DATES) else {*_PASSING, "basis"}
    kept = [
        (name, value)
        for name, values in sorted(params.lists())
        for value in values
        if value and name not in dropped
    ]
    return urlencode(kept)


def preset_tabs(request: HttpRequest, presets: Presets) -> Iterator[Tab]:
    """The views that everybody is offered."""
    current = view_query(request.GET)
    for label, query in presets:
        yield Tab(str(label), f"?{query}", current == query)
