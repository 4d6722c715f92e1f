"""`python -m benchmarks.seed`: two years of a shop's payments in the configured database.

For trying screens and commands on a large book: `datasets.two_years`, 10 thousand payments to a
million, with events and movements that `audit_ledger` finds in order. It writes only into a
database that is migrated and holds no payments.
"""

import argparse
import os
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.datasets import two_years
from payments.core.kst import day_of
from payments.management.command import day
from payments.models import Movement, Payment, PaymentEvent

SIZE = 100_000


def main(words: Sequence[str] | None = None) -> None:
    """Write them, and say how long that took."""
    arguments = _arguments(words)
    if Payment.objects.exists():
        raise SystemExit("This database holds payments already; nothing was written.")
    plan = two_years.Plan(
        size=arguments.size,
        last_day=arguments.last_day or day_of(timezone.now()) - timedelta(days=1),
        seed=arguments.seed,
    )
    begin = time.perf_counter()
    two_years.write(plan, processes=arguments.processes)
    seconds = time.perf_counter() - begin
    counts = [model.objects.count() for model in (Payment, PaymentEvent, Movement)]
    print("{:,} payments, {:,} events, {:,} movements".format(*counts), end=" ")
    print(f"until {plan.last_day} in {seconds:.1f} s")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.seed",
        description="Two years of payments, until yesterday, in a database that has none.",
    )
    parser.add_argument("--size", type=int, default=SIZE, help="how many payments")
    parser.add_argument("--seed", type=int, default=1, help="another one: other payments")
    parser.add_argument("--last-day", type=day, help="such as 2026-09-30; yesterday by default")
    on_server = connection.vendor == "postgresql"
    parser.add_argument("--processes", type=int, default=(os.cpu_count() or 1) if on_server else 1)
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
