"""What a statement says about a Korean day or month: frozen where it is closed, else as it is now.

A closed day keeps saying what it said when it was closed; what was learnt of it afterwards stands
beside it. To let a statement say more, add it to `Daily` or `Monthly`.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from payments.core.periods import every_day
from payments.models import DailyClose
from payments.selectors.roll_ups import roll_ups

from .closes import UNKNOWN, Drift, Known, drift, figures_now, figures_then, known, learnt_since
from .figures import Figures, Moved, Row, figures_of
from .lines import Line, lines_of, readable_lines


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a month. `learnt` is what was learnt of it since it was closed, if anything."""

    day: date
    figures: Figures
    close: DailyClose | None
    learnt: Moved | None


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
    def learnt(self) -> list[Moved]:
        """What was learnt of each closed day that would say something else today."""
        return [day.learnt for day in self.days if day.learnt]


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of a day, and what is not frozen of its payment."""

    line: Line
    payment: Known


@dataclass(frozen=True, slots=True)
class Daily:
    """A day and each movement of it. `drift` is None where the day is not closed."""

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
    now = figures_by_day([day for day in days if day not in by_day])
    learnt = learnt_since(by_day.values())
    rows = [
        Day(day, figures_then(close), close, learnt.get(day))
        if (close := by_day.get(day))
        else Day(day, now.get(day, Figures()), None, None)
        for day in days
    ]
    return Monthly(first, last, today, rows, sum((row.figures for row in rows), Figures()))


def figures_by_day(days: Iterable[date]) -> dict[date, Figures]:
    """What each of these days adds up to now, in three queries.

    Days without a movement may be left out.
    """
    days = list(days)
    if not days:
        return {}
    sums, common = roll_ups(), Row._fields[:-2]
    by_day: defaultdict[date, list[Row]] = defaultdict(list)
    for row in sums.movements(*common, where=Q(day__in=days)):
        by_day[row["day"]].append(Row(*row.values()))
    later = sums.refunds_on_later_days((min(days), max(days)))
    return {day: figures_of(rows, refunded_later=later.get(day, 0)) for day, rows in by_day.items()}


def daily(day: date) -> Daily:
    """One day."""
    close = DailyClose.objects.filter(day=day).first()
    now = lines_of(day)
    text = close.lines if close else now
    return Daily(
        day=day,
        figures=figures_then(close) if close else figures_now(day, now),
        close=close,
        drift=drift(close, now) if close else None,
        entries=_entries(text),
    )


def _entries(text: str) -> list[Entry]:
    """Each line, by time, with what is known of its payment."""
    lines = list(readable_lines(text.splitlines()))
    payments = known(line.merchant_uid for line in lines)
    return [Entry(line, payments.get(line.merchant_uid, UNKNOWN)) for line in lines]
