"""The list of discrepancies as an object: one filter set, its chips, what it adds up to.

Totals and export take their rows from this class as well, so they always agree with what the person
sees. To narrow by something else, extend `payments.filters.discrepancies`.
"""

from collections.abc import Iterator

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from payments.admin.shared.changelist import FilteredChangeList
from payments.admin.shared.discrepancy_display import BUCKET_LOOKS
from payments.admin.shared.display import badge
from payments.filters.discrepancies import State
from payments.filters.labels import FilterTerm, by_label
from payments.models import Bucket, ReconciliationRun
from payments.selectors.discrepancies import Totals, totals
from payments.selectors.payments.customers import learn_confirmed
from payments.selectors.reconciliation import last_done

from .filters import DiscrepancyFilter


class DiscrepancyChangeList(FilteredChangeList):
    """Narrowed by `DiscrepancyFilter`, and to what is open unless the person asks for more."""

    filterset_class = DiscrepancyFilter
    filterset: DiscrepancyFilter

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        prefetch_related_objects(self.result_list, "lines")
        learn_confirmed(row.owner for row in self.result_list)

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
        return str(self.get_query_string({"state": State.ALL}))

    @cached_property
    def totals(self) -> Totals:
        """What the set adds up to."""
        return totals(self.queryset)

    @cached_property
    def last_run(self) -> ReconciliationRun | None:
        """What an empty queue rests on."""
        return last_done()

    @property
    def buckets(self) -> Iterator[tuple[SafeString, int, str, bool]]:
        """Of each that the set has: its name, how many, the list of it, whether this is that."""
        selection = set(self.filterset.texts_of("bucket"))
        for bucket in Bucket:
            if number := self.totals.by_bucket.get(bucket):
                query = self.get_query_string({"bucket": bucket.value})
                name = badge(BUCKET_LOOKS[bucket], bucket.label)
                yield name, number, query, selection == {bucket.value}


class BareChangeList(DiscrepancyChangeList):
    """The filtered set without a page of it: for the way from one discrepancy to the next."""

    def get_results(self, request: HttpRequest) -> None:
        """No row is read."""
        self.result_list = []
