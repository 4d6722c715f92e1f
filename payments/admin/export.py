"""The CSV of exactly the payments that were asked for, streamed: memory stays flat.

UTF-8 with a byte order mark, because Excel takes anything else for a legacy code page. That it was
taken, and why, is on record before this starts (`payment_export`); how it ended is logged here. The
columns are in `resources.PaymentResource`.
"""

import csv
import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import capfirst

from payments.kst import day_of
from payments.models import Payment, PersonalDataAccess

from .resources import PaymentResource

logger = logging.getLogger("payments.export")

BOM = "\ufeff"
CHUNK = 1_000


class _Line:
    """What csv.writer writes to: hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def columns() -> list[str]:
    """The header of the file, in the reader's language."""
    return [capfirst(name) for name in PaymentResource().get_export_headers()]


def csv_response(
    *, payments: QuerySet[Payment], access: PersonalDataAccess
) -> StreamingHttpResponse:
    """Stream `payments` in their order, with personal data only if `access` says so."""
    resource = PaymentResource(unmasked=access.unmasked)
    # The header now, not while streaming: by then the reader's language is no longer active.
    name = f"payments-{day_of(timezone.now()):%Y-%m-%d}.csv"
    return streamed(name=name, header=columns(), rows=_rows(resource, payments), access=access)


def streamed(
    *, name: str, header: list[str], rows: Iterable[list[Any]], access: PersonalDataAccess
) -> StreamingHttpResponse:
    """Any table as a file. Text in `rows` went through `resources.guarded`."""
    blocks = _blocks(header, rows)
    response = StreamingHttpResponse(
        _logged(blocks, access), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(resource: Any, payments: QuerySet[Payment]) -> Iterator[list[Any]]:
    for payment in payments.select_related("user").iterator(chunk_size=CHUNK):
        yield resource.export_resource(payment)


def _blocks(header: list[str], rows: Iterable[list[Any]]) -> Iterator[tuple[int, str]]:
    """(rows in it, text) for each block; lines end with CR LF."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield 0, BOM + writer.writerow(header)
    remaining = iter(rows)
    while lines := [writer.writerow(row) for row in islice(remaining, CHUNK)]:
        yield len(lines), "".join(lines)


def _logged(blocks: Iterable[tuple[int, str]], access: PersonalDataAccess) -> Iterator[str]:
    facts = {
        "access": access.pk,
        "actor": access.actor_id,
        "actor_name": access.actor_name,
        "unmasked": access.unmasked,
        "filter": access.query,
    }
    logger.info("export started", extra=facts)
    rows, complete = 0, False
    try:
        for count, text in blocks:
            rows += count
            yield text
        complete = True
    finally:
        # Also when the reader hangs up half-way: what has left the house is on record.
        logger.info("export ended", extra=facts | {"rows": rows, "complete": complete})
