"""What a run has found so far: figures, and the first ids of what has moved or stayed unknown.

Saved together with the run's cursor and only then, so whatever a killed worker had counted past the
cursor is counted once, by whoever goes on. To count another thing, name it in `FIGURES`.
"""

from collections import Counter
from typing import Any

from django.db.models import Count

from payments.models import Bucket, Discrepancy, ReconciliationRun

# Read on each side; agreed; agreed but under another time; theirs without money and unknown here;
# changed while the run was at it; no answer; found at the end to agree again.
FIGURES = ("ours", "theirs", "agree", "moved", "moneyless", "changed", "unknown", "closed")
IDS_AT_MOST = 1_000


class Tally:
    """The figures of one run, as its worker counts them."""

    def __init__(self, run: ReconciliationRun) -> None:
        self._run = run
        self._counts = Counter({name: int(number) for name, number in run.counts.items()})
        self._moved: list[str] = list(run.moved)
        self._unknown: list[str] = list(run.unknown)

    def add(self, name: str, number: int = 1) -> None:
        """Count something of `FIGURES`."""
        self._counts[name] += number

    def moved(self, imp_uid: str) -> None:
        """It agrees, but is filed under another time than the one it was looked for."""
        self._counts["moved"] += 1
        _keep(self._moved, imp_uid)

    def unknown(self, imp_uid: str) -> None:
        """The gateway gave no answer about it."""
        if imp_uid not in self._unknown:
            self._counts["unknown"] += 1
            _keep(self._unknown, imp_uid)

    def take_unknown(self) -> list[str]:
        """The ids that stayed unknown, to be asked for once more; they are unknown no longer."""
        taken, self._unknown = self._unknown, []
        self._counts["unknown"] -= len(taken)
        return taken

    def saved(self) -> dict[str, Any]:
        """The fields of the run that hold all this."""
        figures = {name: self._counts[name] for name in FIGURES}
        return {
            "counts": figures | self._differences(),
            "moved": self._moved,
            "unknown": self._unknown,
        }

    def _differences(self) -> dict[str, int]:
        """How many of each bucket the run has seen: by the rows, which are there once each.

        A payment that the sides file under two times comes by twice.
        """
        seen = Discrepancy.objects.filter(seen_by=self._run).values_list("bucket")
        found = dict(seen.annotate(Count("pk")).order_by())
        return {bucket.value: found.get(bucket.value, 0) for bucket in Bucket}


def _keep(ids: list[str], imp_uid: str) -> None:
    if len(ids) < IDS_AT_MOST:
        ids.append(imp_uid)
