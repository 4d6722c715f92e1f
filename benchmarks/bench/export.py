"""The export of everything as a file, in a process of its own, beside the database's own COPY.

The process asks the product or the twin as a browser would and throws the file away block by block
(`python -m benchmarks.bench.export product`); the system tells its peak memory.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from benchmarks import serving
from benchmarks.bench.books import STAFF, Book
from benchmarks.bench.pages import PRODUCT, STOCK
from benchmarks.bench.progress import say
from benchmarks.harness import peak_of, use
from benchmarks.stock.admin import StockPaymentResource
from benchmarks.stock.models import StockPayment
from payments.admin.payments.resource import PaymentResource
from payments.models import Payment

# A process that has just begun loads a page's code with the first one.
_FIRST_PAGES = {PRODUCT: "admin:payments_payment_export", STOCK: "stock:index"}
ADDRESSES = {
    PRODUCT: "admin:payments_payment_export",
    STOCK: "stock:stock_stockpayment_export",
}
# Of a file that takes longer than so many seconds, one is enough.
SLOW = 20.0
# How long a server may take to add up what a process that has ended has used.
_SETTLED = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One way on one book. Seconds, MiB, bytes; `raw`: the same columns by COPY alone."""

    size: int
    side: str
    columns: int
    seconds: float
    raw: float
    first: float
    idle: float
    peak: float
    bytes: int
    # None where the database has no such figure.
    temporary: int | None


def measured(book: Book, stand_in_url: str, rounds: int) -> Iterator[Export]:
    """Both ways. Raises SystemExit if one does not work."""
    use(book.database)
    for side in ADDRESSES:
        say(f"export of {book.size:,}, {side}")
        before = _temporary()
        runs = [_run(side, stand_in_url)]
        while len(runs) < rounds and runs[0]["seconds"] < SLOW:
            runs.append(_run(side, stand_in_url))
        time.sleep(_SETTLED)
        after = _temporary()
        yield Export(
            size=book.size,
            side=side,
            columns=runs[0]["columns"],
            seconds=statistics.median(run["seconds"] for run in runs),
            raw=statistics.median(_raw(side) for _run in runs),
            first=statistics.median(run["first"] for run in runs),
            idle=statistics.median(run["idle"] for run in runs),
            peak=max(run["peak"] for run in runs),
            bytes=runs[0]["bytes"],
            temporary=None if before is None or after is None else (after - before) // len(runs),
        )


def _run(side: str, stand_in_url: str) -> dict[str, Any]:
    """What the process measured, and its peak memory."""
    command = [sys.executable, "-m", "benchmarks.bench.export", side]
    settings = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    out, peak = peak_of(command, serving.environment(stand_in_url) | settings)
    try:
        figures: dict[str, Any] = json.loads(out)
    except ValueError:
        raise SystemExit(f"the export, {side}, does not work: {out[-2_000:]!r}") from None
    if figures["rows"] != _model(side)._default_manager.count():
        raise SystemExit(f"the export, {side}, has {figures['rows']:,} rows")
    return figures | {"peak": peak}


def _temporary() -> int | None:
    """Bytes that the database's sorts and cursors have put into temporary files so far."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


# --- The floor -------------------------------------------------------------------------------


def _raw(side: str) -> float:
    """Seconds for the columns of the file as the database has them, thrown away."""
    query, _params = _columns_of(side).query.sql_with_params()
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY ({query}) TO STDOUT") as rows:
                for _block in rows:
                    pass
        else:
            cursor.execute(query)
            while cursor.fetchmany(1_000):
                pass
    return time.perf_counter() - begin


def _model(side: str) -> type[Model]:
    return Payment if side == PRODUCT else StockPayment


def _columns_of(side: str) -> "QuerySet[Any, Any]":
    """What the file is made of; what is worked out from other columns needs no column."""
    resource_class = PaymentResource if side == PRODUCT else StockPaymentResource
    names = [field.attribute for field in resource_class().get_export_fields()]
    model = _model(side)
    held = {field.name for field in model._meta.get_fields()} | {"user__email"}
    rows = model._default_manager.order_by("-pk")
    return rows.values_list(*[name for name in names if name in held])


# --- The process -----------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> None:
    """Take the file once, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench.export")
    parser.add_argument("side", choices=ADDRESSES)
    side = parser.parse_args(words).side
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(get_user_model().objects.get(username=STAFF))
    browser.get(reverse(_FIRST_PAGES[side]))
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    blocks = _blocks(_asked(browser, side))
    header = next(blocks)
    first = time.perf_counter() - begin
    lines, size = header.count(b"\n"), len(header)
    for block in blocks:
        lines, size = lines + block.count(b"\n"), size + len(block)
    figures = {
        "seconds": time.perf_counter() - begin,
        "first": first,
        "idle": idle,
        "bytes": size,
        "rows": lines - 1,
        "columns": header.partition(b"\n")[0].count(b",") + 1,
    }
    print(json.dumps(figures))


def _asked(browser: Client, side: str) -> HttpResponseBase:
    address = reverse(ADDRESSES[side])
    if side == STOCK:
        return browser.get(address)
    return browser.post(address, {"reason": "measured", "personal": "masked"})


def _blocks(response: HttpResponseBase) -> Iterator[bytes]:
    if response.status_code != 200 or not response["Content-Type"].startswith("text/csv"):
        raise SystemExit(f"the export answered {response.status_code}")
    yield from response


if __name__ == "__main__":
    main()
