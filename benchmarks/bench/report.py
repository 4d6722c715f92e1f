"""What came of it as a section of RESULTS.md, between two marks, one for each kind of database.

What stands outside the marks is written by people and stays. To report another part: a function of
`Results` that gives lines, and its place in `section`.
"""

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from django.db import connection
from django.utils import timezone

from benchmarks.bench import goals
from benchmarks.bench.books import Book
from benchmarks.bench.export import Export
from benchmarks.bench.inserts import Inserts
from benchmarks.bench.pages import SLOW, SLOW_ROUNDS, STOCK, Measured, Page
from benchmarks.bench.staff import PEOPLE, Load
from benchmarks.serving import milliseconds

KIB = 1 << 10


@dataclass(slots=True, kw_only=True)
class Results:
    """One run on one database."""

    machine: str
    rounds: int
    books: Sequence[Book]
    cases: Sequence[Measured]
    exports: list[Export] = field(default_factory=list)
    inserts: list[Inserts] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """From the smallest to the largest."""
        return [book.size for book in self.books]


def machine() -> str:
    """The facts of this machine, as they are now."""
    with connection.cursor() as cursor:
        is_server = connection.vendor == "postgresql"
        cursor.execute("SHOW server_version" if is_server else "SELECT sqlite_version()")
        database = f"{connection.display_name} {cursor.fetchone()[0]}"
    packages = ("Django", "django-import-export", "psycopg", "gunicorn")
    return (
        f"{timezone.localdate():%Y-%m-%d}, {os.cpu_count()} cores, {database}, "
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
        + f"; load average at the start {_load_average()} (1, 5, 15 minutes)"
    )


def _load_average() -> str:
    return " ".join(f"{average:.1f}" for average in os.getloadavg())


def write(file: Path, text: str) -> None:
    """Put the section in the place of the one of before, or at the end."""
    begin, end = _marks()
    before, _mark, rest = file.read_text().partition(begin) if file.exists() else ("", "", "")
    _former, _mark, after = rest.partition(end)
    parts = (before.strip(), text.strip(), after.strip())
    file.write_text("\n\n".join(part for part in parts if part) + "\n")


def _marks() -> tuple[str, str]:
    return f"<!-- make bench: {connection.vendor} -->", f"<!-- end: {connection.vendor} -->"


def section(results: Results) -> str:
    """All of it, with its marks."""
    begin, end = _marks()
    parts = (_head, _goals, _pages, _exports, _inserts, _staff)
    return "\n".join([begin, *(line for part in parts for line in part(results)), "", end])


def _head(results: Results) -> Iterator[str]:
    yield ""
    yield f"## Beside a stock twin, on {connection.display_name}"
    yield ""
    yield f"By `make bench`: {results.machine}, at the end {_load_average()}."
    yield ""
    for book in results.books:
        rows = ", ".join(f"{count:,} {what}" for what, count in book.rows.items())
        yield f"- {rows}; written in {book.seconds:,.0f} s"


def _goals(results: Results) -> Iterator[str]:
    """Those that this run can say something about."""
    reached = list(goals.reached(results.cases, results.loads))
    if reached:
        yield ""
        yield from _table(["goal", "figure", "verdict"], reached)


# --- Pages -----------------------------------------------------------------------------------


def _pages(results: Results) -> Iterator[str]:
    if not results.cases:
        return
    yield ""
    yield (
        "Milliseconds until a page is rendered, product / stock (times quicker), in process and in "
        f"turn, medians of {results.rounds}, of what takes longer than {SLOW:g} s of {SLOW_ROUNDS}."
        " Stock shows 100 rows, the product 50. Processor ms (of this process and its database "
        "backend), statements and KiB: of the largest book. Growth: the product's largest book "
        "beside its smallest, in time and, in brackets, in processor time, which others on the "
        "machine disturb less."
    )
    yield ""
    headings = ["case", *(f"{size:,}" for size in results.sizes), "processor ms", "growth"]
    headings += ["statements", "KiB"]
    yield from _table(headings, (_case(results, measured) for measured in results.cases))


def _case(results: Results, measured: Measured) -> list[str]:
    sizes = results.sizes
    product, stock = measured.page(sizes[-1]), measured.page(sizes[-1], STOCK)
    smallest = measured.page(sizes[0])
    return [
        measured.case.name,
        *(_beside(measured.page(size), measured.page(size, STOCK)) for size in sizes),
        _both(product, stock, lambda page: _ms(page.used)),
        f"{product.median / smallest.median:.2f} ({product.used / smallest.used:.2f})",
        _both(product, stock, lambda page: f"{page.statements:,}"),
        _both(product, stock, lambda page: f"{page.bytes / KIB:,.0f}"),
    ]


def _beside(product: Page, stock: Page | None) -> str:
    times = f" ({stock.median / product.median:.1f})" if stock else ""
    return _both(product, stock, lambda page: _ms(page.median)) + times


def _both(product: Page, stock: Page | None, shown: Callable[[Page], str]) -> str:
    return " / ".join(shown(page) for page in (product, stock) if page)


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.1f}" if seconds < 0.1 else f"{seconds * 1_000:,.0f}"


# --- What is no page -------------------------------------------------------------------------


def _exports(results: Results) -> Iterator[str]:
    if not results.exports:
        return
    yield ""
    yield (
        "The export of everything, in a process of its own. Raw: the columns of the same file as "
        "the database has them, without a word of Python. Memory beside that of the idle process."
    )
    yield ""
    headings = ["payments", "way", "columns", "s", "times raw", "first byte ms", "peak MiB", "MB"]
    yield from _table([*headings, "temporary MB"], map(_export, results.exports))


def _export(export: Export) -> list[str]:
    # SQLite keeps no such figure.
    temporary = "not told" if export.temporary is None else f"{export.temporary / 1e6:,.1f}"
    return [
        f"{export.size:,}",
        export.side,
        str(export.columns),
        f"{export.seconds:.3g}",
        f"{export.seconds / export.raw:.1f} of {export.raw:.3g} s",
        f"{export.first * 1_000:,.0f}",
        f"{export.peak:,.0f} (+{export.peak - export.idle:,.0f})",
        f"{export.bytes / 1e6:,.1f}",
        temporary,
    ]


def _inserts(results: Results) -> Iterator[str]:
    if not results.inserts:
        return
    yield ""
    yield "Inserting payments with all indexes, and with the keys alone."
    yield ""
    headings = ["payments", "indexes", "rows at once", "s", "times", "one, ms", "times"]
    yield from _table(headings, map(_insert, results.inserts))


def _insert(inserts: Inserts) -> list[str]:
    (many, many_bare), (single, single_bare) = inserts.at_once, inserts.single
    return [
        f"{inserts.size:,}",
        str(inserts.indexes),
        f"{inserts.many:,}",
        f"{many:.3g} / {many_bare:.3g}",
        f"{many / many_bare:.2f}",
        f"{single * 1_000:.3g} / {single_bare * 1_000:.3g}",
        f"{single / single_bare:.2f}",
    ]


def _staff(results: Results) -> Iterator[str]:
    if not results.loads:
        return
    yield ""
    yield (
        f"{PEOPLE} staff at gunicorn with 2 workers of 8 threads: list, its second page, a "
        "payment, paid ones, one month, dashboard, in turn. Who asks runs on the same cores."
    )
    yield ""
    headings = ["payments", "pause", "exports meanwhile", "pages a second", "p50 ms", "p95 ms"]
    yield from _table(headings, map(_load, results.loads))


def _load(load: Load) -> list[str]:
    return [
        f"{load.size:,}",
        f"{load.pause:g} s" if load.pause else "none",
        f"{load.exported:,}",
        f"{load.per_second:.1f}",
        milliseconds(load.pages, 0.5),
        milliseconds(load.pages, 0.95),
    ]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
