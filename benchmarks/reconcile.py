"""`python -m benchmarks.reconcile`: what reconciling long books finds, its pace and memory.

For each size `datasets.planted_differences` is written to a database and a stand-in gateway made
for the purpose; then `manage.py reconcile` runs over it in a process of its own, whose peak memory
the system tells. Exactly the planted ones must be found.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from benchmarks.datasets import planted_differences
from benchmarks.harness import StandIn, peak_of, process_environment, scratch_system
from payments.core import kst
from payments.models import Product, ReconciliationRun

SIZES = (50_000, 500_000)
# As where money moves: test payments are differences, and no query is kept for debugging.
PRODUCTION = {"DEBUG": "False", "IAMPORT_ACCEPT_TEST_PAYMENTS": "False"}


@dataclass(frozen=True, slots=True)
class Figures:
    """One size. `peak` in MiB; `seconds` from the run's beginning to its end."""

    size: int
    rows: int
    seconds: float
    peak: float


def main(words: Sequence[str] | None = None) -> None:
    """One line for each size, and how memory grew; all on throw-away data."""
    sizes = _arguments(words).sizes
    print(f"{'payments':>10}{'rows read':>12}{'s':>8}{'rows/s':>9}{'MiB':>8}")
    measured = [_measure(size) for size in sizes]
    first, last = measured[0], measured[-1]
    if first is not last:
        print(f"peak memory {last.size:,} : {first.size:,} = {last.peak / first.peak:.2f}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reconcile",
        description="Reconcile long books with planted differences: pace and peak memory.",
    )
    parser.add_argument(
        "--size", type=int, nargs="+", default=SIZES, dest="sizes", help="how many payments"
    )
    return parser.parse_args(words)


def _measure(size: int) -> Figures:
    with scratch_system() as stand_in:
        figures = _reconciled(size, stand_in)
    print(
        f"{figures.size:>10,}{figures.rows:>12,}{figures.seconds:8.1f}"
        f"{figures.rows / figures.seconds:9,.0f}{figures.peak:8.1f}"
        f"   exactly the {sum(planted_differences.PLANTED.values())} planted differences found"
    )
    return figures


def _reconciled(size: int, stand_in: StandIn) -> Figures:
    # Refunds that come a book's length later must lie in the past, too.
    first = kst.day_of(timezone.now()) - timedelta(days=2 * planted_differences.DAYS + 1)
    expected = planted_differences.write(
        size=size,
        first_day=first,
        user_id=get_user_model().objects.create_user("bench", "bench@example.com").pk,
        product_id=Product.objects.create(slug="bench", name="bench", price=1000).pk,
        post=lambda rows: stand_in.control("POST", "payments?answer=count", rows),
    )
    summary, peak = _run(first, process_environment(stand_in.url) | PRODUCTION)
    _check(summary, expected)
    run = ReconciliationRun.objects.get()
    assert run.started_at is not None
    assert run.finished_at is not None
    rows = run.counts["ours"] + run.counts["theirs"]
    return Figures(size, rows, (run.finished_at - run.started_at).total_seconds(), peak)


def _run(first: date, variables: dict[str, str]) -> tuple[dict[str, Any], float]:
    """`manage.py reconcile` as a process of its own: its JSON, and its peak memory in MiB."""
    last = first + timedelta(days=planted_differences.DAYS - 1)
    days = ["--from", first.isoformat(), "--to", last.isoformat()]
    command = [sys.executable, "manage.py", "reconcile", *days, "--json"]
    out, peak = peak_of(command, variables)
    summary: dict[str, Any] = json.loads(out)
    return summary, peak


def _check(summary: dict[str, Any], expected: planted_differences.Expected) -> None:
    open_ids: planted_differences.Expected = {}
    for discrepancy in summary["open"]:
        for bucket in discrepancy["buckets"]:
            open_ids.setdefault(bucket, set()).add(discrepancy["imp_uid"])
    if open_ids != expected or summary["status"] != "done" or summary["unknown"]:
        shortened = json.dumps(summary)[:2000]
        raise SystemExit(f"found something else than was planted: {shortened}")


if __name__ == "__main__":
    main()
