"""Which days are days here: one bound for every address, form, filter and command.

A day outside it is a slip of the finger (0026-11-28) or somebody's test (9999-12-31): nothing can
have happened then, and the arithmetic of calendars and databases ends near both. To read a day,
`read_day` or, with the reason for a refusal, `parse_day`; a form takes `validate_day`.
"""

import re
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .kst import day_of

# Years before the gateway's first payment; the contract names no first day, so this is generous.
FIRST_DAY = date(2000, 1, 1)
# A plan may name a day to come: a due date, a month of the next year.
AHEAD = timedelta(days=366)

_EARLY = _("Nothing happened on a day as early as this. Choose one from %(first)s to %(last)s.")
_LATE = _("Days as late as this have not begun. Choose one from %(first)s to %(last)s.")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def last_day() -> date:
    """The last day that may be named, counted from today in Korea."""
    return day_of(timezone.now()) + AHEAD


def validate_day(day: date) -> None:
    """Raise ValidationError, with what is allowed, for a day too early or too late."""
    first, last = FIRST_DAY, last_day()
    if first <= day <= last:
        return
    words = _EARLY if day < first else _LATE
    params = {"first": first.isoformat(), "last": last.isoformat()}
    raise ValidationError(words, code="day", params=params)


def parse_day(text: str) -> date:
    """The day that a text holds as 2026-04-01. Raises ValidationError for anything else."""
    try:
        day = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("Write the day as 2026-04-30."), code="day")
    validate_day(day)
    return day


def read_day(text: str | None) -> date | None:
    """The day that a parameter holds; None for anything that is none, or is out of bounds."""
    try:
        return parse_day(text or "")
    except ValidationError:
        return None
