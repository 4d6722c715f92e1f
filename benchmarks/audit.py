"""`python -m benchmarks.audit`: how long `manage.py audit_ledger` takes, and how much memory.

For each size `datasets.two_years` is written to a database made for the purpose. Beside the audit,
in the same run, the same rows are copied out of the database and thrown away: that is what a
program that checked nothing would take at least. Absolute times belong to the machine.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.datasets import two_years
from benchmarks.harness import peak_of, process_environment, scratch_system
from payments.core.kst import day_of
from payments.models import Movement, Payment, PaymentEvent

SIZES = (10_000, 100_000)
TABLES = (Payment, PaymentEvent, Movement)


@dataclass(frozen=True, slots=True)
class Figures:
    """One size. Rows of `TABLES`; times in seconds; `peak` of the largest process, in MiB."""

    counts: tuple[int, ...]
    seeding: float
    copying: float
    audit: float
    peak: float


def main(words: Sequence[str] | None = None) -> None:
    """One line for each size, and how memory grew; all on throw-away data."""
    arguments = _arguments(words)
    labels = ("payments", "events", "movements", "seeded s", "copied s", "audit s", "ratio", "MiB")
    print("".join(f"{label:>11}" for label in labels))
    measured = [_measured(size, arguments.processes) for size in arguments.sizes]
    first, last = measured[0], measured[-1]
    if first is not last:
        sizes = f"{last.counts[0]:,} : {first.counts[0]:,}"
        print(f"peak memory {sizes} = {last.peak / first.peak:.2f}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.audit",
        description="Audit two years of payments; time beside copying the rows, and peak memory.",
    )
    parser.add_argument("--size", type=int, nargs="+", default=SIZES, dest="sizes")
    on_server = connection.vendor == "postgresql"
    parser.add_argument("--processes", type=int, default=(os.cpu_count() or 1) if on_server else 1)
    return parser.parse_args(words)


def _measured(size: int, processes: int) -> Figures:
    last_day = day_of(timezone.now()) - timedelta(days=1)
    plan = two_years.Plan(size=size, last_day=last_day)
    with scratch_system() as stand_in:
        begin = time.perf_counter()
        two_years.write(plan, processes=processes)
        seeded = time.perf_counter()
        _copy_out()
        copied = time.perf_counter()
        peak = _audited(process_environment(stand_in.url), processes)
        audited = time.perf_counter()
        counts = tuple(model._default_manager.count() for model in TABLES)
    figures = Figures(counts, seeded - begin, copied - seeded, audited - copied, peak)
    _print(figures)
    return figures


def _audited(environment: dict[str, str], processes: int) -> float:
    """`manage.py audit_ledger` as a process of its own: its peak memory in MiB."""
    command = [sys.executable, "manage.py", "audit_ledger", f"--processes={processes}"]
    out, peak = peak_of(command, environment)
    if "everything holds" not in out:
        raise SystemExit(out[-2_000:])
    return peak


def _copy_out() -> None:
    """Every row of the three tables, as text."""
    with connection.cursor() as cursor:
        for model in TABLES:
            table = connection.ops.quote_name(model._meta.db_table)
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} TO STDOUT") as rows:
                    for _block in rows:
                        pass
            else:
                cursor.execute(f"SELECT * FROM {table}")
                while cursor.fetchmany(1_000):
                    pass


def _print(figures: Figures) -> None:
    times = (figures.seeding, figures.copying, figures.audit)
    print(
        "".join(f"{count:>11,}" for count in figures.counts)
        + "".join(f"{seconds:>11.1f}" for seconds in times)
        + f"{figures.audit / figures.copying:>11.1f}{figures.peak:>11.1f}"
    )


if __name__ == "__main__":
    main()
