"""Pages of closed days: their URLs, and what one reads off them."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from django.urls import reverse

from payments.models import DailyClose, ReconciliationRun, RunStatus

CLOSES = "/admin/payments/dailyclose/"
CLOSE = f"{CLOSES}close/"
DAILY = f"{CLOSES}statement/day/"
MONTHLY = f"{CLOSES}statement/month/"
MARCH_31, APRIL_1, APRIL_2 = date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)
# Six in the morning of 3 April in Korea.
NOW = datetime(2026, 4, 2, 21, tzinfo=UTC)


def close_of(close: DailyClose) -> str:
    return f"{CLOSES}{close.pk}/change/"


def words(page: str) -> str:
    """What a reader sees of a page."""
    return unescape(re.sub(r"<[^>]+>|\s+", " ", page))


def cells(page: str) -> list[list[str]]:
    """The rows of every table, as words."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    cell = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
    return [[" ".join(words(text).split()) for text in cell.findall(row)] for row in rows]


def ran(
    first: date, last: date, at: datetime, status: RunStatus, **fields: Any
) -> ReconciliationRun:
    return ReconciliationRun.objects.create(
        first_day=first, last_day=last, requested_at=at, status=status, **fields
    )


def page_of_run(run: ReconciliationRun) -> str:
    return reverse("admin:payments_reconciliationrun_change", args=[run.pk])
