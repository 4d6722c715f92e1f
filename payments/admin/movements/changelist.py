"""The list of movements as an object: one filter set, its chips, what it adds up to.

The totals take their rows from this class as well, so they always agree with what the person sees.
To narrow by something else, extend `payments.filters.movements`.
"""

from django.utils.functional import cached_property

from payments.admin.shared.changelist import FilteredChangeList
from payments.selectors.movements import Totals, totals

from .filters import MovementFilter


class MovementChangeList(FilteredChangeList):
    """Narrowed by `MovementFilter`."""

    filterset_class = MovementFilter
    filterset: MovementFilter

    @cached_property
    def totals(self) -> Totals:
        """What the set adds up to."""
        return totals(self.queryset)
