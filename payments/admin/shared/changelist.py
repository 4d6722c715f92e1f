"""A list that a set of filters narrows: its chips, its way on, and what makes no sense.

Totals, actions and exports take their rows from the list's own class, so they always agree with
what the person sees. A screen names its set in `filterset_class`; what narrows besides it goes
through `narrowed`, and is told in `terms` and `problems`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin.views.main import (
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
)
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property

from payments.core.list_pages import PagedChangeList
from payments.filters.base import BaseFilter
from payments.filters.labels import FilterTerm, filter_terms

from .chips import Chip, chips
from .links import OPENED
from .panels import Panel, headings, panels


class FilteredChangeList(PagedChangeList):
    """Django's ChangeList with a set of filters in the place of `list_filter`."""

    # A `BaseFilter` for the person who made a request.
    filterset_class: Any
    filterset: BaseFilter

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.filterset = self.filterset_class(request.GET, request=request)
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        """What is left for Django's own look-ups: everything but our filters."""
        others = super().get_filters_params(params)
        ours = self.filterset.names()
        return {name: values for name, values in others.items() if name not in ours}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Searched, filtered and ordered; nothing if search or filter make no sense."""
        return self.narrowed(super().get_queryset(request, exclude_parameters))

    def narrowed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What the person asked for."""
        return self.filterset.narrowed(rows)

    @property
    def is_understood(self) -> bool:
        """Whether search and filter make sense; else they find nothing and the page says why."""
        return bool(self.filterset.is_valid())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return self.filterset.problems

    @property
    def terms(self) -> Sequence[FilterTerm]:
        """What our filters and the search narrow by."""
        return filter_terms(self.filterset)

    @cached_property
    def chips(self) -> list[Chip]:
        """What the list is narrowed by, one by one, each with the list without it."""
        return chips(self.terms, params=self.filter_params, leftover=self.get_filters_params())

    @property
    def panels(self) -> Iterator[Panel]:
        """The filters under their headings, with their fields."""
        return panels(self.filterset)

    @property
    def panel_headings(self) -> Iterator[tuple[str | Promise, int, str]]:
        """Of each panel while it is closed: its heading, how many are in use, the list with it."""
        for number, (heading, used) in enumerate(headings(self.filterset), start=1):
            yield heading, used, str(self.get_query_string({OPENED: number}))

    @property
    def filter_values(self) -> list[tuple[str, str]]:
        """What a new search must carry on while no field of a filter is on the page."""
        return [
            (name, value)
            for name, values in self.filter_params.items()
            for value in values
            if value and name in self.filterset.names()
        ]

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """What a new search must carry on: the order and Django's own look-ups."""
        dropped = {SEARCH_VAR, PAGE_VAR, *self.filterset.names()} | {*IGNORED_PARAMS} - {ORDER_VAR}
        return [
            (name, value)
            for name, values in self.filter_params.items()
            for value in values
            if name not in dropped
        ]

    @property
    def set_query(self) -> str:
        """The query string of the filtered set, whatever page of it is shown."""
        return str(self.get_query_string())
