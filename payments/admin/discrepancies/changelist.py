"""The list of discrepancies as an object: one filter set, its chips, what it adds up to.

Totals and export take their rows from this class as well, so they always agree with what the person
sees. To narrow by something else, extend `payments.filters.discrepancies`.
"""

from django.contrib.admin.views.main import PAGE_VAR
from django.utils.functional import cached_property

from payments.admin.shared.changelist import FilteredChangeList
from payments.filters.discrepancies import State
from payments.filters.labels import FilterTerm, by_label
from payments.models import Bucket
from payments.selectors.discrepancies import Totals, totals

from .filters import DiscrepancyFilter


class DiscrepancyChangeList(FilteredChangeList):
    """Narrowed by `DiscrepancyFilter`, and to what is open unless the person asks for more."""

    filterset_class = DiscrepancyFilter
    filterset: DiscrepancyFilter

    @property
    def labelled_terms(self) -> list[tuple[str, str]]:
        """The terms as (what, its values), the state always among them."""
        terms = self.terms
        if not self.filterset.data.get("state"):
            label = str(self.filterset.form.fields["state"].label).capitalize()
            terms = [FilterTerm(label, str(State.OPEN.label), ()), *terms]
        return by_label(terms)

    @property
    def closed_too(self) -> str:
        """The same search among closed ones as well; "" where they are searched already."""
        if self.filterset.data.get("state"):
            return ""
        return str(self.get_query_string({"state": State.ALL}, [PAGE_VAR]))

    def within(self, bucket: Bucket) -> str:
        """The list narrowed to one bucket."""
        return str(self.get_query_string({"bucket": bucket.value}, [PAGE_VAR]))

    @cached_property
    def totals(self) -> Totals:
        """What the set adds up to."""
        return totals(self.queryset)
