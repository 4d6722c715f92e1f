"""Views of the list: what everybody looks at every day, above it, and one's own, in the navigation.

To offer another one to everybody, add it to `_PRESETS`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.access import staff
from payments.filters.base import DATES
from payments.selectors.saved_views import own_views

_PRESETS: tuple[tuple[str | Promise, str], ...] = (
    (_("All payments"), ""),
    (_("Needs attention"), "attention=any"),
    (_("Paid today"), "period=today"),
    (_("Refunded this month"), "basis=cancelled&period=this_month"),
)
_PASSING = {PAGE_VAR, ALL_VAR, ERROR_FLAG}


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of the list. `pk` is that of a saved one, which can be deleted."""

    words: str
    href: str
    is_current: bool
    pk: int | None = None


def saved_query(given: QueryDict) -> str:
    """A query string in one spelling, without the page and without what says nothing."""
    silent = _PASSING if any(given.get(name) for name in DATES) else {*_PASSING, "basis"}
    kept = [
        (name, value)
        for name, values in sorted(given.lists())
        for value in values
        if value and name not in silent
    ]
    return urlencode(kept)


def tabs(request: HttpRequest) -> Iterator[Tab]:
    """The presets."""
    current = saved_query(request.GET)
    for words, query in _PRESETS:
        yield Tab(str(words), f"?{query}", current == query)


def saved_tabs(request: HttpRequest) -> list[Tab]:
    """The person's own, for every page of the admin: one query by the owner's index."""
    if not request.user.has_perm("payments.view_payment"):
        return []
    address = reverse("admin:payments_payment_changelist")
    current = saved_query(request.GET) if request.path == address else None
    return [
        Tab(view.name, f"{address}?{view.query}", current == view.query, view.pk)
        for view in own_views(staff(request))
    ]
