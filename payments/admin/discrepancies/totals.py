"""The figures above the list, each bucket a link that narrows the list to it.

The figures are `selectors.discrepancies.totals` over exactly the filtered set: the export's too.
"""

from dataclasses import dataclass

from payments.admin.shared.discrepancy_display import BUCKET_LOOKS
from payments.core.money import with_separators, won
from payments.models import Bucket

from .changelist import DiscrepancyChangeList


@dataclass(frozen=True, slots=True)
class BucketCount:
    """How many of the set are in this bucket, and the list narrowed to it."""

    label: str
    look: str
    count: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TotalsBar:
    """Figures in words, of the buckets that the set has."""

    count: str
    amount_at_risk: str
    buckets: list[BucketCount]


def totals_bar(changelist: DiscrepancyChangeList) -> TotalsBar:
    """The figures of this list."""
    by_bucket = changelist.totals.by_bucket
    return TotalsBar(
        count=with_separators(changelist.totals.count),
        amount_at_risk=won(changelist.totals.amount),
        buckets=[_bucket(changelist, bucket) for bucket in Bucket if bucket in by_bucket],
    )


def _bucket(changelist: DiscrepancyChangeList, bucket: Bucket) -> BucketCount:
    selection = {term.value for term in changelist.terms if term.names == ("bucket",)}
    return BucketCount(
        label=str(bucket.label),
        look=BUCKET_LOOKS[bucket],
        count=with_separators(changelist.totals.by_bucket[bucket]),
        href=changelist.within(bucket),
        is_current=selection == {bucket.value},
    )
