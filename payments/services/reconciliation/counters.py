"""What a run has found so far: figures, and the first ids of what has moved or stayed unknown.

Saved together with the run's cursor and only then, so whatever a killed worker had counted past the
cursor is counted once, by whoever goes on. Once a run is done, each payment that either side has
among its days stands under exactly one of `VERDICTS`, and so two equations hold:

    ours   + only_there = agree + moved + moneyless + differ + changed + unknown
    theirs + only_here  = agree + moved + moneyless + differ + changed + unknown

`differ` counts payments, the buckets their differences: one payment may have several. Beside them
stands how many discrepancies the run leads to (`DISCREPANCIES`). A figure is
counted, never worked out from the others, so a sum that does not come out tells of a mistake, or
of changes while the run was at it. To count another thing, name it in `FIGURES`.
"""

from collections import Counter
from typing import Any

from django.db.models import Count

from payments.models import Bucket, DiscrepancyLine, ReconciliationRun

# Read on each side: what we file under these days and have an id of, the gateway's list of them.
READ = ("ours", "theirs")
# Read on one side alone. The other has no such payment, or has it under other days: a refund that
# we do not know of moves it there, an attempt that is not the order's own is none of our payments.
ALONE = ("only_there", "only_here")
# Agreed; agreed but under another time; theirs without money and unknown here; with differences;
# changed while the run was at it; no answer.
VERDICTS = ("agree", "moved", "moneyless", "differ", "changed", "unknown")
# `closed`: open ones of any day that were found at the end to agree again.
FIGURES = (*READ, *ALONE, *VERDICTS, "closed")
DISCREPANCIES = "discrepancies"
IDS_AT_MOST = 1_000


class Counters:
    """The figures of one run, as its worker counts them."""

    def __init__(self, run: ReconciliationRun) -> None:
        self._run = run
        self._counts = Counter({name: int(number) for name, number in run.counts.items()})
        self._moved: list[str] = list(run.moved)
        self._unknown: list[str] = list(run.unknown)

    def add(self, name: str, number: int = 1) -> None:
        """Count something of `FIGURES`."""
        self._counts[name] += number

    def count(self, imp_uid: str, verdict: str) -> bool:
        """Count a payment under one of `VERDICTS`; False if it stands under it already."""
        if verdict == "unknown" and imp_uid in self._unknown:
            return False
        self.add(verdict)
        if verdict == "moved":
            _keep(self._moved, imp_uid)
        elif verdict == "unknown":
            _keep(self._unknown, imp_uid)
        return True

    def take_unknown(self) -> list[str]:
        """The ids that stayed unknown, to be asked for once more; they are unknown no longer."""
        taken, self._unknown = self._unknown, []
        self._counts["unknown"] -= len(taken)
        return taken

    def saved(self) -> dict[str, Any]:
        """The fields of the run that hold all this."""
        figures = {name: self._counts[name] for name in FIGURES}
        return {
            "counts": figures | _differences(self._run),
            "moved": self._moved,
            "unknown": self._unknown,
        }


def count_again(*, run: ReconciliationRun) -> None:
    """Count what an interrupted run has seen past its last stop: that is filed, so it leads there.

    For whoever holds the claim that `run` has; for anybody else it does nothing.
    """
    differences = _differences(run)
    row = ReconciliationRun.objects.filter(pk=run.pk, claim=run.claim)
    for counts in row.values_list("counts", flat=True) if any(differences.values()) else ():
        row.update(counts=counts | differences)


def _differences(run: ReconciliationRun) -> dict[str, int]:
    """How many discrepancies the run has seen, and of each bucket: by the rows, each there once.

    A payment that the sides file under two times comes by twice.
    """
    seen = DiscrepancyLine.objects.filter(discrepancy__seen_by=run, is_current=True).order_by()
    numbers = dict(seen.values_list("bucket").annotate(Count("pk")))
    by_bucket = {bucket.value: numbers.get(bucket.value, 0) for bucket in Bucket}
    return {DISCREPANCIES: run.seen.count()} | by_bucket


def _keep(ids: list[str], imp_uid: str) -> None:
    if len(ids) < IDS_AT_MOST:
        ids.append(imp_uid)
