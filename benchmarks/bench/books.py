"""The books that are measured: a database for each size, filled, folded, and with the stock twin.

The newest million payments have their whole ledger (`datasets.two_years`), older ones what pages
and sums read (`older`). There is a customer for every five payments.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from benchmarks.bench import older
from benchmarks.bench.progress import say
from benchmarks.datasets import two_years
from benchmarks.folding import fold_everything
from benchmarks.harness import another_database
from benchmarks.stock.models import StockPayment, fill
from payments.core.kst import day_of
from payments.models import Movement, Payment, PaymentEvent

# So many of the newest payments have their events.
CHAINED = 1_000_000
PAYMENTS_PER_CUSTOMER = 5
STAFF = "finance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A database with so many payments until `day`. `rows` counts what is in it, by words."""

    database: str
    size: int
    day: date
    rows: dict[str, int]
    seconds: float


@contextmanager
def written(sizes: Sequence[int]) -> Iterator[list[Book]]:
    """A book of each size, in the order of the sizes; gone in the end."""
    with ExitStack() as databases:
        books = []
        for size in sizes:
            say(f"writing a book of {size:,} payments")
            name = databases.enter_context(another_database(f"bench_{size}"))
            books.append(_written(name, size))
            say(f"written in {books[-1].seconds:.0f} s")
        yield books


def _written(database: str, size: int) -> Book:
    day = day_of(timezone.now()) - timedelta(days=1)
    begin = time.perf_counter()
    on_server = connection.vendor == "postgresql"
    write_payments(size=size, last_day=day, processes=(os.cpu_count() or 1) if on_server else 1)
    fill()
    fold_everything()
    get_user_model().objects.create_superuser(STAFF, f"{STAFF}@example.com", "")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    seconds = time.perf_counter() - begin
    return Book(database=database, size=size, day=day, rows=_counts(size), seconds=seconds)


def write_payments(
    *, size: int, last_day: date, chained: int = CHAINED, processes: int = 1
) -> None:
    """The payments of a book, with or without all of their events."""
    newest = min(size, chained)
    if size % newest or (size > newest and connection.vendor != "postgresql"):
        raise SystemExit(f"{size:,}: past {chained:,} in whole ones, and on PostgreSQL alone")
    days = two_years.DAYS * newest // size
    plan = two_years.Plan(
        size=newest,
        last_day=last_day,
        days=days,
        customers=newest // PAYMENTS_PER_CUSTOMER,
        first_id=size - newest + 1,
    )
    two_years.write(plan, processes=processes)
    if size > newest:
        older.write(blocks=size // newest - 1, days=days)


def _counts(size: int) -> dict[str, int]:
    """What is in the book, the twin's rows checked."""
    rows = {
        "payments": Payment.objects.count(),
        "events": PaymentEvent.objects.count(),
        "movements": Movement.objects.count(),
        "users": get_user_model().objects.count(),
    }
    stock = StockPayment._default_manager.count()
    if (rows["payments"], stock) != (size, size):
        raise SystemExit(f"a book of {size:,} holds {rows['payments']:,} payments, {stock:,} stock")
    return rows
