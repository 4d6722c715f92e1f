"""A table as a CSV, streamed: memory stays flat.

UTF-8 with a byte order mark, because Excel takes anything else for a legacy code page. That it was
taken, and why, is on record before this starts (the `export` of each screen); how it ended is
logged here.
"""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse

from payments.models import PersonalDataAccess

logger = logging.getLogger("payments.export")

BOM = "\ufeff"
CHUNK = 1_000


def streamed(
    *, name: str, header: list[str], rows: Iterable[Sequence[Any]], access: PersonalDataAccess
) -> StreamingHttpResponse:
    """Any table as a file. Text in `rows` went through `core.spreadsheet.guarded`.

    The header is ready, not made while streaming: by then the reader's language is no longer
    active.
    """
    response = StreamingHttpResponse(
        _logged(_blocks(header, rows), access), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _blocks(header: list[str], rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, str]]:
    """(rows in it, text) for each block; lines end with CR LF."""
    yield 0, BOM + _lines([header])
    remaining = iter(rows)
    while block := list(islice(remaining, CHUNK)):
        yield len(block), _lines(block)


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _logged(blocks: Iterable[tuple[int, str]], access: PersonalDataAccess) -> Iterator[str]:
    facts = {
        "access": access.pk,
        "actor": access.actor_id,
        "actor_name": access.actor_name,
        "unmasked": access.unmasked,
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
