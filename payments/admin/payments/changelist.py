"""The payment list as an object: one search, one filter set, a bounded count, nothing dropped.

Actions, totals and export take their payments from this class as well, so they always agree with
what the person sees. To narrow by something else, extend `payments.filters`.
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
from django.utils.functional import cached_property
from django.utils.http import urlencode

from payments.admin.shared.chips import Chip, chips
from payments.admin.shared.links import FILTERS
from payments.core.db.paginator import BoundedPaginator
from payments.filters.payment_query import PaymentQuery
from payments.models import Payment
from payments.selectors.payments.totals import Totals, totals

from .filters import PaymentFilter
from .rows import as_rows

PAID = {"paid_at", "-paid_at"}


class PaymentChangeList(ChangeList):
    """Django's ChangeList with `PaymentFilter` in the place of `list_filter`."""

    paginator: BoundedPaginator

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.filterset = PaymentFilter(request.GET, request=request)
        self.payment_query = PaymentQuery(self.filterset)
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        """What is left for Django's own look-ups: everything but our filters."""
        others = super().get_filters_params(params)
        return {name: value for name, value in others.items() if name not in PaymentFilter.names()}

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Payment]:
        """Searched, filtered and ordered; nothing if search or filter make no sense."""
        # Django's own search is left out: it can't say that it did not understand.
        query, self.query = self.query, ""
        found: QuerySet[Payment] = super().get_queryset(request, exclude_parameters)
        self.query = query
        return self.payment_query.narrowed(found)

    def is_understood(self, request: HttpRequest) -> bool:
        """Whether search and filter make sense; else they find nothing and the page says why."""
        return self.payment_query.is_understood

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return self.payment_query.problems

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Payment]) -> Any:
        """The newest first: by the date that is filtered by, else by order.

        Within equals the id goes the same way, so that one index serves both directions. Unpaid
        orders come last whichever way the payment date is sorted.
        """
        filtered = self.filterset.date_field if any(self.filterset.days) else ""
        if filtered and not self.params.get(ORDER_VAR):
            return [f"-{filtered}", "-pk"]
        ordering = super().get_ordering(request, queryset)
        if not str(ordering[0]).startswith("-"):
            ordering = ["pk" if part == "-pk" else part for part in ordering]
        # Within days of payment no unpaid ones are left.
        return ordering if filtered == "paid_at" else [_paid_first(part) for part in ordering]

    def get_results(self, request: HttpRequest) -> None:
        """Each row knows whether this person sees personal data, and the way back to the list."""
        super().get_results(request)
        filters = request.GET.urlencode()
        self.result_list = as_rows(
            self.result_list, unmasked=self.filterset.unmasked, filters=filters
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether the person asked for less than everything."""
        return bool(self.chips)

    @cached_property
    def chips(self) -> list[Chip]:
        """What the list is narrowed by, one by one."""
        return chips(
            self.payment_query.terms,
            params=self.filter_params,
            leftover=self.get_filters_params(),
        )

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
    def lasting_query(self) -> str:
        """The filter alone, to keep: no page, no order, days in the place of a period."""
        others = urlencode(self.get_filters_params(), doseq=True)
        return "&".join(filter(None, (self.payment_query.lasting_query, others)))

    @cached_property
    def totals(self) -> Totals | None:
        """What the set adds up to; None where that is too much work for the page itself."""
        return None if self.paginator.is_capped else totals(self.queryset)

    @property
    def has_next(self) -> bool:
        """Whether a further page can have rows, counted or not."""
        is_full = len(self.result_list) >= self.list_per_page
        return is_full and (self.page_num < self.paginator.num_pages or self.paginator.is_capped)

    @property
    def next_page(self) -> str:
        """The link to the next page."""
        return str(self.get_query_string({PAGE_VAR: self.page_num + 1}))


class BareChangeList(PaymentChangeList):
    """The filtered set without a page of it: for the totals, and for one row that is drawn anew."""

    def get_filters_params(self, params: Any = None) -> Any:
        others = super().get_filters_params(params)
        others.pop(FILTERS, None)
        return others

    def get_results(self, request: HttpRequest) -> None:
        """No row is read."""
        self.result_list = []

    @cached_property
    def totals(self) -> Totals:
        """Whatever it costs: this is a request of its own."""
        return totals(self.queryset)


def _paid_first(part: Any) -> Any:
    if part in PAID:
        return OrderBy(F("paid_at"), descending=part.startswith("-"), nulls_last=True)
    return part
