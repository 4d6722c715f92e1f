"""The file of a statement, as a spreadsheet reads it."""

import csv
import io

from django.test import Client

from tests.payments.admin.conftest import text_of


def file_of(client: Client, url: str, **data: str) -> list[dict[str, str]]:
    """The rows of the file by column."""
    text = text_of(client.post(f"{url}csv/", {"reason": "4월 마감"} | data))
    assert text.startswith("\ufeff")
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
