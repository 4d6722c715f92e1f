"""What the gateway's answers say of its clock: the HTTP `Date`, the token's `now` (contract 1.1).

The client judges nothing: it hands on what it hears (`OnTime`), in unix seconds.
"""

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum

# No clock is that wrong: what lies outside (2000 to 2100) is no time.
_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0


class TimeSource(Enum):
    """Where in an answer a time stood."""

    DATE = 1
    TOKEN = 2


OnTime = Callable[[TimeSource, float], None]


def ignore(source: TimeSource, unix: float) -> None:
    """For whoever does not care."""


def of_header(date: str | None) -> float | None:
    """The unix seconds of a `Date` header, None if there is none or it is none."""
    try:
        moment = parsedate_to_datetime(date or "")
        # HTTP knows no zone but GMT: one that is not named is no local time of ours.
        unix = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return credible(unix)


def credible(unix: float) -> float | None:
    """The same, None for what is no time of this century."""
    return unix if _EARLIEST <= unix < _LATEST else None
