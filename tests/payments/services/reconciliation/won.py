"""What the tests of a run's won share: times, told histories, and what differs."""

from datetime import datetime, timedelta
from typing import Any

from benchmarks.datasets import planted_differences
from payments.models import (
    ReconciliationRun,
)
from tests.payments import builders
from tests.payments.books import (
    APRIL_FIRST,
)

NOON = builders.NOON
A_DAY = timedelta(days=1)
LAST = APRIL_FIRST + (planted_differences.DAYS - 1) * A_DAY
SECOND, THIRD, TENTH = (APRIL_FIRST + number * A_DAY for number in (1, 2, 9))


NOT_REFUNDED = {"outcome": "paid", "cancelled_at": None, "cancel_amount": None}


def at(days: int = 0, hours: int = 0) -> datetime:
    """So much after noon of the first of April."""
    return NOON + timedelta(days=days, hours=hours)


def history(*refunds: tuple[int, datetime | None], **fields: Any) -> dict[str, Any]:
    """A payment as the gateway tells it after these refunds; None: it tells no time of one."""
    seconds = [int(when.timestamp()) if when else 0 for _won, when in refunds]
    entries = [
        {"amount": won, "cancelled_at": second, "reason": "환불"}
        for (won, _when), second in zip(refunds, seconds, strict=True)
    ]
    return {
        "cancelled_at": None,
        "cancel_amount": None,
        "outcome": "paid",
        "fields": {
            "status": "cancelled",
            "cancel_amount": sum(won for won, _when in refunds),
            "cancelled_at": max(seconds),
            "cancel_history": entries,
        }
        | fields,
    }


def both(run: ReconciliationRun) -> dict[tuple[str, str], list[int]]:
    """(number, won) here and at the gateway, by day and kind; what is zero left out."""
    return {
        (day, kind): numbers
        for day, kinds in (run.money or {}).items()
        for kind, numbers in kinds.items()
        if any(numbers)
    }


def lines(run: ReconciliationRun) -> list[tuple[str, str, int, int]]:
    """(day, kind, here, there) of what differs."""
    rows = run.lines.order_by("day", "kind", "imp_uid")
    return [(str(row.day), row.kind, row.here, row.there) for row in rows]
