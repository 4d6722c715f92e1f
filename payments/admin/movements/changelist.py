"""The list of movements as an object: one filter set, its chips, what it adds up to.

The totals take their rows from this class as well, so they always agree with what the person sees.
To narrow by something else, extend `payments.filters.movements`.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from payments.admin.shared.changelist import FilteredChangeList
from payments.models import RolledUp
from payments.selectors.movements import Totals, rolled_up_totals, totals
from payments.selectors.roll_ups import roll_ups

from .filters import MovementFilter


class MovementChangeList(FilteredChangeList):
    """Narrowed by `MovementFilter`."""

    filterset_class = MovementFilter
    filterset: MovementFilter

    @cached_property
    def totals(self) -> Totals | None:
        """What the set adds up to; None where that is too much work for the page itself."""
        if not self.paginator.is_capped:
            return totals(self.queryset, first_day=self.filterset.days[0])
        return self._rolled_up

    @property
    def _rolled_up(self) -> Totals | None:
        """Of a set of any size, if it is narrowed by nothing but what sums are kept by."""
        where = self.filterset.rolled_up
        if where is None or self.query or self.get_filters_params():
            return None
        sums = roll_ups()
        if not sums.is_at_hand(RolledUp.MOVEMENTS):
            return None
        return rolled_up_totals(sums, where=where, days_alone=self.filterset.days_alone)


class BareChangeList(MovementChangeList):
    """The filtered set without a page of it, for the totals."""

    def get_results(self, request: HttpRequest) -> None:
        """No row is read."""
        self.result_list: list[Any] = []

    @cached_property
    def totals(self) -> Totals:
        """Whatever it costs: this is a request of its own."""
        return self._rolled_up or totals(self.queryset, first_day=self.filterset.days[0])
