"""`python -m benchmarks.book`: what a large book costs, beside a small one.

For each size `datasets.two_years` is written to a database made for the purpose, and one more day
that is the same in all of them. Then come, in one run:

- `manage.py audit_ledger` as a process of its own: time, and peak memory. Beside it the same rows
  are copied out of the database and thrown away, which is what a program that checked nothing would
  take at least.
- pages, the sizes in turn: the median of the time until a page is rendered.

Absolute times belong to the machine; ratios are what is compared. To measure another page: a line
in `_pages`.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.datasets import two_years
from benchmarks.folding import fold_everything
from benchmarks.harness import another_database, peak_of, process_environment, scratch_system, use
from payments.admin.shared.links import (
    movement_list_of_days,
    payment_list,
    payment_list_of_days,
)
from payments.core.kst import day_of
from payments.core.periods import Period
from payments.models import DailyClose, Movement, Payment, PaymentEvent
from payments.services.daily_close.close import close_day

SIZES = (10_000, 100_000)
TABLES = (Payment, PaymentEvent, Movement)
# Of the day that is in all books, and how often a page is asked for.
SAME_DAY = 500
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Book:
    """A database with a book in it. `day` is the day that is in all of them."""

    name: str
    counts: tuple[int, ...]
    day: date
    seeding: float


def main(words: Sequence[str] | None = None) -> None:
    """The audit's figures, then the pages'; all on throw-away data."""
    arguments = _arguments(words)
    with scratch_system() as stand_in, ExitStack() as databases:
        books = [
            _written(databases.enter_context(another_database(f"book_{size}")), size, arguments)
            for size in arguments.sizes
        ]
        _audit(books, arguments.processes, stand_in.url)
        _measure_pages(books, arguments.rounds)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.book",
        description="The audit of two years of payments, and the pages that are made of them.",
    )
    parser.add_argument("--size", type=int, nargs="+", default=SIZES, dest="sizes")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each page")
    on_server = connection.vendor == "postgresql"
    parser.add_argument("--processes", type=int, default=(os.cpu_count() or 1) if on_server else 1)
    return parser.parse_args(words)


def _written(name: str, size: int, arguments: argparse.Namespace) -> Book:
    """Two years, and the day after them, in the database that was just made; folded and closed."""
    day = day_of(timezone.now()) - timedelta(days=1)
    begin = time.perf_counter()
    plan = two_years.Plan(size=size, last_day=day - timedelta(days=1))
    two_years.write(plan, processes=arguments.processes)
    two_years.write(two_years.Plan(size=SAME_DAY, last_day=day, days=1, seed=2))
    seeding = time.perf_counter() - begin
    fold_everything()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    person = get_user_model().objects.create_superuser("finance", "finance@example.com", "")
    close_day(day=day, actor=person)
    return Book(name, _counts(), day, seeding)


def _counts() -> tuple[int, ...]:
    return tuple(model._default_manager.count() for model in TABLES)


# --- The audit -------------------------------------------------------------------------------


def _audit(books: Sequence[Book], processes: int, gateway_url: str) -> None:
    labels = ("payments", "events", "movements", "seeded s", "copied s", "audit s", "ratio", "MiB")
    print("".join(f"{label:>11}" for label in labels))
    peaks = []
    for book in books:
        use(book.name)
        begin = time.perf_counter()
        _copy_out()
        copied = time.perf_counter()
        peaks.append(_audited(process_environment(gateway_url), processes))
        times = (book.seeding, copied - begin, time.perf_counter() - copied)
        print(
            "".join(f"{count:>11,}" for count in book.counts)
            + "".join(f"{seconds:>11.1f}" for seconds in times)
            + f"{times[2] / times[1]:>11.1f}{peaks[-1]:>11.1f}",
            flush=True,
        )
    if len(books) > 1:
        print(f"peak memory, the last beside the first: {peaks[-1] / peaks[0]:.2f}\n")


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


# --- Pages -----------------------------------------------------------------------------------


def _pages(day: date) -> Mapping[str, str]:
    """What is measured, and where it is."""
    month = day.replace(day=1)
    earlier = (month - timedelta(days=1)).replace(day=1)
    closes = "admin:payments_dailyclose"
    by_month, by_day = (reverse(f"{closes}_{kind}") for kind in ("monthly", "daily"))
    close = DailyClose.objects.get(day=day)
    return {
        "dashboard of a quarter": f"{reverse('admin:index')}?period={Period.QUARTER}",
        "payments of a month, totals": payment_list_of_days(earlier, day),
        "movements of a month, totals": movement_list_of_days(earlier, day),
        "list of payments": payment_list(),
        "list of movements": movement_list_of_days(None, None),
        "statement of last month": f"{by_month}?month={earlier:%Y-%m}",
        "statement of this month": f"{by_month}?month={month:%Y-%m}",
        "statement of the same day": f"{by_day}?day={day}",
        "close of the same day": reverse(f"{closes}_change", args=[close.pk]),
        "list of closes": reverse(f"{closes}_changelist"),
    }


def _measure_pages(books: Sequence[Book], rounds: int) -> None:
    print(
        f"{'ms until a page is rendered':40}{''.join(f'{b.counts[0]:>12,}' for b in books)}", end=""
    )
    print(f"{'ratio':>8}")
    with _signed_in(books) as browsers:
        use(books[0].name)
        for name in _pages(books[0].day):
            medians = _medians(books, browsers, name, rounds)
            figures = "".join(f"{median * 1_000:>12.1f}" for median in medians)
            print(f"{name:32}{figures}{medians[-1] / medians[0]:>8.2f}", flush=True)


@contextmanager
def _signed_in(books: Sequence[Book]) -> Iterator[list[Client]]:
    """For each book somebody who may see everything in it."""
    browsers = []
    for book in books:
        use(book.name)
        browsers.append(Client())
        browsers[-1].force_login(get_user_model().objects.get(username="finance"))
    yield browsers


def _medians(
    books: Sequence[Book], browsers: Sequence[Client], name: str, rounds: int
) -> list[float]:
    """Seconds until this page is rendered, the books in turn: what slows one slows the other."""
    times: list[list[float]] = [[] for _book in books]
    for turn in range(-1, rounds):
        for book, browser, mine in zip(books, browsers, times, strict=True):
            use(book.name)
            url = _pages(book.day)[name]
            begin = time.perf_counter()
            response = browser.get(url)
            took = time.perf_counter() - begin
            if response.status_code != 200:
                raise SystemExit(f"{url}: {response.status_code}")
            if turn >= 0:
                mine.append(took)
    return [statistics.median(mine) for mine in times]


if __name__ == "__main__":
    main()
