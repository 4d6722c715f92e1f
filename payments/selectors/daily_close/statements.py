"""What a statement says about a Korean day or month: frozen where it is closed, else as it is now.

A closed day keeps saying what it said when it was closed, whatever has happened since; that stands
beside it. To let a statement say more, add it to `Daily` or `Monthly`.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from payments.core.periods import every_day
from payments.models import DailyClose

from .closes import (
    UNKNOWN,
    Drift,
    Known,
    by_imp_uid,
    drift,
    figures_by_day,
    figures_then,
    known,
)
from .lines import Figures, Line, Sums, figures_of_lines, lines_of, payments_of, read_lines


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a month. `moved` is by how much it has moved since it was closed, if it has."""

    day: date
    figures: Figures
    close: DailyClose | None
    moved: Sums | None


@dataclass(frozen=True, slots=True)
class Monthly:
    """A month as far as it has gone `today`: a row for each day, and their sums."""

    first: date
    last: date
    today: date
    days: list[Day]
    figures: Figures

    @property
    def closes(self) -> list[DailyClose]:
        """The closes that it rests on."""
        return [day.close for day in self.days if day.close]

    @property
    def open_days(self) -> list[date]:
        """Days that are not closed: their figures can still change."""
        return [day.day for day in self.days if day.close is None]

    @property
    def moved(self) -> list[Sums]:
        """By how much each closed day that would say something else today has moved."""
        return [day.moved for day in self.days if day.moved]


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment of a day, as it stood when the day was closed."""

    line: Line
    payment: Known


@dataclass(frozen=True, slots=True)
class Daily:
    """A day and each payment of it. `drift` is None where the day is not closed."""

    day: date
    figures: Figures
    close: DailyClose | None
    drift: Drift | None
    entries: list[Entry]


def monthly(day: date, *, today: date) -> Monthly:
    """The month in which `day` lies. `today` is the Korean day: nothing is said of later ones."""
    first, last = day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    closes = DailyClose.objects.filter(day__range=(first, last)).defer("lines")
    by_day = {close.day: close for close in closes}
    days = every_day(first, min(last, today))
    now = figures_by_day(days[0], days[-1]) if days else {}
    rows = [_day(day, by_day.get(day), now.get(day)) for day in days]
    return Monthly(first, last, today, rows, sum((row.figures for row in rows), Figures()))


def _day(day: date, close: DailyClose | None, now: Figures | None) -> Day:
    figures = now or Figures()
    if close is None:
        return Day(day, figures, None, None)
    then = figures_then(close)
    moved = figures.sums - then.sums
    return Day(day, then, close, moved if moved != Sums() else None)


def daily(day: date) -> Daily:
    """One day."""
    close = DailyClose.objects.filter(day=day).first()
    text = close.lines if close else lines_of(day)
    return Daily(
        day=day,
        figures=figures_then(close) if close else figures_of_lines(text),
        close=close,
        drift=drift(close) if close else None,
        entries=_entries(day, text),
    )


def _entries(day: date, text: str) -> list[Entry]:
    """Each line with what never changes about its payment, by payment date."""
    lines = list(read_lines(text))
    payments = by_imp_uid(payments_of(day))
    payments |= known([line.imp_uid for line in lines if line.imp_uid not in payments])
    entries = [Entry(line, payments.get(line.imp_uid, UNKNOWN)) for line in lines]
    return sorted(entries, key=_by_payment_date)


def _by_payment_date(entry: Entry) -> tuple[bool, datetime | None, str]:
    return entry.payment.paid_at is None, entry.payment.paid_at, entry.line.imp_uid
