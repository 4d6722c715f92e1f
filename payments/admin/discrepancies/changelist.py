"""The list of discrepancies as an object: one filter set, its chips, its totals.

Totals and export take their rows from this class as well, so they always agree with what the person
sees. To narrow by something else, extend `payments.filters.discrepancies`.
"""

from typing import Any

from django.contrib.admin.views.main import (
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from payments.admin.shared.chips import Chip, chips
from payments.core.db.paginator import BoundedPaginator
from payments.filters.discrepancies import State
from payments.filters.labels import FilterTerm, by_label, filter_terms
from payments.models import Discrepancy
from payments.selectors.discrepancies import Stake, stake

from .filters import DiscrepancyFilter


class DiscrepancyChangeList(ChangeList):
    """Django's ChangeList with `DiscrepancyFilter` in the place of `list_filter`."""

    paginator: BoundedPaginator

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.filterset = DiscrepancyFilter(request.GET, request=request)
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        """What is left for Django's own look-ups: everything but our filters."""
        others = super().get_filters_params(params)
        ours = DiscrepancyFilter.names()
        return {name: value for name, value in others.items() if name not in ours}

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Discrepancy]:
        """Searched, filtered and ordered; nothing if a filter makes no sense."""
        found: QuerySet[Discrepancy] = super().get_queryset(request, exclude_parameters)
        return self.filterset.narrowed(found)

    @property
    def is_understood(self) -> bool:
        """Whether the filter makes sense; else it finds nothing and the page says why."""
        return bool(self.filterset.is_valid())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return self.filterset.problems

    @cached_property
    def terms(self) -> list[FilterTerm]:
        """What the list is narrowed by, besides being open."""
        return filter_terms(self.filterset)

    @property
    def labelled_terms(self) -> list[tuple[str, str]]:
        """The same as (what, its values), the state always among them."""
        terms = self.terms
        if not self.filterset.data.get("state"):
            label = str(self.filterset.form.fields["state"].label).capitalize()
            terms = [FilterTerm(label, str(State.OPEN.label), ()), *terms]
        return by_label(terms)

    @cached_property
    def chips(self) -> list[Chip]:
        """The terms, each with the list without it."""
        return chips(self.terms, params=self.filter_params, leftover=self.get_filters_params())

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """What a new search must carry on: the order and Django's own look-ups."""
        dropped = {SEARCH_VAR, PAGE_VAR, *DiscrepancyFilter.names()}
        dropped |= {*IGNORED_PARAMS} - {ORDER_VAR}
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

    @property
    def closed_too(self) -> str:
        """The same search among closed ones as well; "" where they are searched already."""
        if self.filterset.data.get("state"):
            return ""
        return str(self.get_query_string({"state": State.ALL}, [PAGE_VAR]))

    @cached_property
    def stake(self) -> Stake:
        """What the set adds up to."""
        return stake(self.queryset)

    @property
    def has_next(self) -> bool:
        """Whether a further page can have rows, counted or not."""
        is_full = len(self.result_list) >= self.list_per_page
        return is_full and (self.page_num < self.paginator.num_pages or self.paginator.is_capped)

    @property
    def next_page(self) -> str:
        """The link to the next page."""
        return str(self.get_query_string({PAGE_VAR: self.page_num + 1}))
