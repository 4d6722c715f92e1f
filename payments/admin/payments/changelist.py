"""The payment list as an object: one search, one filter set, a bounded count, nothing dropped.

Actions, totals and export take their payments from this class as well, so they always agree with
what the person sees. To narrow by something else, extend `payments.filters`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import F, OrderBy, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from payments.admin.shared.changelist import FilteredChangeList
from payments.admin.shared.display import STATUS_LOOKS, badge
from payments.admin.shared.links import FILTERS, movement_list_of_days, payment_list
from payments.core.days import FIRST_DAY, last_day
from payments.filters.fields import RealOrTest
from payments.filters.labels import FilterTerm
from payments.filters.payment_query import PaymentQuery
from payments.filters.payments import Basis
from payments.models import Payment, RolledUp
from payments.selectors.payments.search import has_id
from payments.selectors.payments.totals import Totals, rolled_up_totals, totals, totals_of_real
from payments.selectors.roll_ups import OrderDate, roll_ups
from payments.states import PaymentStatus

from .filters import PaymentFilter
from .rows import as_rows

PAID = {"paid_at", "-paid_at"}
_BY: dict[Basis, Promise] = {
    Basis.PAID: gettext_lazy("By approval day"),
    Basis.REQUESTED: gettext_lazy("By order day"),
    Basis.CANCELLED: gettext_lazy("By refund day"),
}
_BY_PAYMENT = gettext_lazy("By payment")
# What payments and movements can both be narrowed by.
_WAYS = ("pay_method", "pg_provider")


class PaymentChangeList(FilteredChangeList):
    """Narrowed by `PaymentFilter` and by a search of our own."""

    filterset_class = PaymentFilter
    filterset: PaymentFilter

    @cached_property
    def payment_query(self) -> PaymentQuery:
        """Filter and search together."""
        return PaymentQuery(self.filterset)

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Payment]:
        # Django's own search is left out: it can't say that it did not understand.
        query, self.query = self.query, ""
        payments = super().get_queryset(request, exclude_parameters)
        self.query = query
        return payments

    def narrowed(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        return self.payment_query.narrowed(rows)

    @property
    def is_understood(self) -> bool:
        return self.payment_query.is_understood

    @property
    def problems(self) -> list[tuple[str, str]]:
        return self.payment_query.problems

    @property
    def terms(self) -> Sequence[FilterTerm]:
        return self.payment_query.terms

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Payment]) -> Any:
        """The newest first: by the date that is filtered by, else by order.

        Within equals the id goes the same way, so that one index serves both directions; a second
        column would sort all that are equal in the first. Unpaid orders come last whichever way
        the payment date is sorted.
        """
        filtered = self.payment_query.date_field
        if filtered and not self.params.get(ORDER_VAR):
            return [f"-{filtered}", "-pk"]
        column, *_others = super().get_ordering(request, queryset)
        ordering = [column] if column in {"pk", "-pk"} else [column, "-pk"]
        if not str(ordering[0]).startswith("-"):
            ordering = ["pk" if part == "-pk" else part for part in ordering]
        # Within days of payment no unpaid ones are left.
        return ordering if filtered == "paid_at" else [_paid_first(part) for part in ordering]

    def get_ordering_field_columns(self) -> Any:
        """The one column that it is sorted by, for its heading."""
        return dict(list(super().get_ordering_field_columns().items())[:1])

    def get_results(self, request: HttpRequest) -> None:
        """Each row knows what its cells say to this person."""
        super().get_results(request)
        self.result_list = as_rows(self.result_list, unmasked=self.filterset.unmasked)

    @property
    def named(self) -> Payment | None:
        """The payment whose whole id was searched for, where the list is of it alone."""
        rows = self.result_list if self.result_count == 1 else []
        return next((row for row in rows if has_id(row, self.payment_query.text)), None)

    @property
    def lasting_query(self) -> str:
        """The filter alone, to keep: no page, no order, days in the place of a period."""
        others = urlencode(self.get_filters_params(), doseq=True)
        return "&".join(filter(None, (self.payment_query.lasting_query, others)))

    @cached_property
    def totals(self) -> Totals | None:
        """What the set adds up to; None where that is too much work for the page itself."""
        return self._rolled_up if self.paginator.is_capped else self._added_up()

    def _added_up(self) -> Totals:
        """Test payments are in no sum unless the list is about them alone."""
        add_up = totals if self.filterset.asks_for_tests else totals_of_real
        return add_up(self.queryset)

    @property
    def _rolled_up(self) -> Totals | None:
        """Of a set of any size, if it is narrowed by nothing but what sums are kept by."""
        where, (first, last) = self.filterset.rolled_up, self.filterset.days
        if where is None or self.query or self.get_filters_params():
            return None
        sums = roll_ups()
        if not sums.is_at_hand(RolledUp.ORDERS):
            return None
        days = (first or FIRST_DAY, last or last_day()) if first or last else None
        days_are: OrderDate = "paid_on" if self.filterset.days_are == Basis.PAID else "day"
        return rolled_up_totals(sums, where=where, days=days, days_are=days_are)

    @property
    def basis_words(self) -> str | Promise:
        """By what the totals add up: without days by payments, else by that date of theirs."""
        return _BY[self.filterset.days_are] if any(self.filterset.days) else _BY_PAYMENT

    @property
    def movements_url(self) -> str:
        """The same days by the other basis: when the money moved, by the same ways."""
        ways = {name: ",".join(self.filterset.texts_of(name)) for name in _WAYS}
        first, last = self.filterset.days
        return movement_list_of_days(first, last, **ways)

    @property
    def tests_url(self) -> str:
        """The test payments of this list alone."""
        return payment_list() + self.get_query_string({"test": RealOrTest.TESTS.value})

    @property
    def statuses(self) -> Iterator[tuple[SafeString, int | None, str, bool]]:
        """Of each: its name, how many, the list of it, whether this is that list.

        Without a number where the filter leaves it out.
        """
        by_status = self.totals.by_status if self.totals else {}
        selected = set(self.filterset.texts_of("status"))
        for status in PaymentStatus:
            name = badge(STATUS_LOOKS[status], status.label)
            number = by_status.get(status) if status in selected or not selected else None
            url = payment_list() + self.get_query_string({"status": status.value})
            yield name, number, url, selected == {status}


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
        return self._rolled_up or self._added_up()


def _paid_first(part: Any) -> Any:
    if part in PAID:
        return OrderBy(F("paid_at"), descending=part.startswith("-"), nulls_last=True)
    return part
