"""What the indexes of payments cost: inserting with all of them, and with the keys alone.

In transactions that are taken back, the indexes' absence as well; in turn.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from benchmarks.bench.books import Book
from benchmarks.bench.progress import say
from benchmarks.harness import use
from payments.models import Payment

MANY, SINGLE = 50_000, 200
# What must be another one in each row.
_CHANGED = {
    "merchant_uid": "'new' || merchant_uid",
    "imp_uid": "'new' || imp_uid",
    "checkout_key": "'new' || checkout_key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserts:
    """Seconds for `many` rows at once and for one, with all `indexes` and without them."""

    size: int
    indexes: int
    many: int
    at_once: tuple[float, float]
    single: tuple[float, float]


def measured(book: Book, rounds: int) -> Inserts:
    """Of rows like the newest ones."""
    use(book.database)
    say(f"inserting into {book.size:,}")
    many = min(MANY, book.size // 2)
    indexes = _indexes()
    at_once: tuple[list[float], list[float]] = ([], [])
    single: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for place, dropped in enumerate(([], indexes)):
            with _taken_back(dropped):
                at_once[place].append(_insert(book.size - many, book.size))
            with _taken_back(dropped):
                rows = range(book.size - min(SINGLE, many), book.size)
                single[place].append(sum(_insert(row, row + 1) for row in rows) / len(rows))
    return Inserts(
        size=book.size,
        indexes=len(indexes),
        many=many,
        at_once=(statistics.median(at_once[0]), statistics.median(at_once[1])),
        single=(statistics.median(single[0]), statistics.median(single[1])),
    )


def _indexes() -> list[str]:
    """Their names; those that keep a key unique are no choice."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Payment._meta.db_table)
    return [
        name
        for name, facts in found.items()
        if facts["index"] and not (facts["unique"] or facts["primary_key"])
    ]


@contextmanager
def _taken_back(dropped: Sequence[str]) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        for name in dropped:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        yield
        transaction.set_rollback(True)


def _insert(after: int, until: int) -> float:
    """Seconds to insert rows like those with these ids."""
    columns = [str(field.column) for field in Payment._meta.concrete_fields]
    names = [connection.ops.quote_name(name) for name in columns if name != "id"]
    values = [
        _CHANGED.get(name, connection.ops.quote_name(name)) for name in columns if name != "id"
    ]
    table = Payment._meta.db_table
    statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE id > %s AND id <= %s", [after, until])
        took = time.perf_counter() - begin
        if cursor.rowcount != until - after:
            raise SystemExit(f"inserting: {cursor.rowcount} rows of {until - after}")
    return took
