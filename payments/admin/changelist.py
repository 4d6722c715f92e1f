"""The payment list as an object: one filter set, a bounded count, nothing dropped in silence.

Actions and the export take their payments from this class as well, so they always agree with what
the person sees. To narrow by something else, extend `filters.PaymentFilter`.
"""

from typing import Any

from django.contrib.admin.views.main import (
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.db.models import F, OrderBy, QuerySet
from django.http import HttpRequest

from payments.models import Payment

from .filters import PaymentFilter
from .readonly import BoundedPaginator


class PaymentChangeList(ChangeList):
    """Django's ChangeList with `PaymentFilter` in the place of `list_filter`."""

    paginator: BoundedPaginator

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.filterset = PaymentFilter(request.GET, request=request)
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        """What is left for Django's own look-ups: everything but our filters."""
        others = super().get_filters_params(params)
        return {name: value for name, value in others.items() if name not in PaymentFilter.names()}

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Payment]:
        """Searched, filtered and ordered; nothing if search or filter make no sense."""
        found: QuerySet[Payment] = super().get_queryset(request, exclude_parameters)
        return self.filterset.narrowed(found) if self.is_understood(request) else found.none()

    def is_understood(self, request: HttpRequest) -> bool:
        """Whether search and filter make sense; else they find nothing and the page says why.

        Django drops a search that holds a NUL, says so, and would then show everything.
        """
        return self.query == request.GET.get(SEARCH_VAR, "") and self.filterset.is_valid()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Payment]) -> Any:
        """As Django's, with unpaid orders last whichever way the payment date is sorted."""
        return [_paid_first(part) for part in super().get_ordering(request, queryset)]

    @property
    def is_narrowed(self) -> bool:
        """Whether the person asked for less than everything."""
        names = {SEARCH_VAR, *PaymentFilter.names()}
        return any(any(values) for name, values in self.filter_params.items() if name in names)

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """What a new search must carry on: the order and Django's own look-ups."""
        dropped = {SEARCH_VAR, PAGE_VAR, *PaymentFilter.names()} | {*IGNORED_PARAMS} - {ORDER_VAR}
        return [
            (name, value)
            for name, values in self.filter_params.items()
            for value in values
            if name not in dropped
        ]

    @property
    def export_query(self) -> str:
        """The query string of the filtered set, whatever page of it is shown."""
        return str(self.get_query_string())

    @property
    def has_next(self) -> bool:
        """Whether a further page can have rows, counted or not."""
        is_full = len(self.result_list) >= self.list_per_page
        return is_full and (self.page_num < self.paginator.num_pages or self.paginator.is_capped)

    @property
    def next_page(self) -> str:
        """The link to the next page."""
        return str(self.get_query_string({PAGE_VAR: self.page_num + 1}))


def _paid_first(part: Any) -> Any:
    if part in {"paid_at", "-paid_at"}:
        return OrderBy(F("paid_at"), descending=part.startswith("-"), nulls_last=True)
    return part
