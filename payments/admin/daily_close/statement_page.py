"""What stands in a statement, ready to show: its sums, its tables, what a reader must know of them.

Page and file (`statement_csv`) are made of the same `Daily` or `Monthly`. To add a column: its
place in the template, and its cell in the file.
"""

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.admin.shared.display import day_label, signed_number
from payments.core.kst import day_of
from payments.models import DailyClose
from payments.selectors.daily_close.closes import ONE_DAY
from payments.selectors.daily_close.figures import Figures, Moved
from payments.selectors.daily_close.statements import Daily, Day, Entry, daily, monthly
from payments.selectors.reconciliation import WonTable, won_of_days

from . import statement_csv
from .display import customer, day_state, drift_label
from .statement_csv import Table

# More movements than this are no page; the file has them all.
ENTRIES_ON_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `value` is the day or month as it stands in a URL."""

    title: str
    value: str
    period: str
    before: str
    after: str
    figures: Figures
    warnings: list[str]
    closes: list[DailyClose]
    file: Table
    won: WonTable | None
    # (day, whether it is closed, what has happened since) in words.
    days: list[tuple[Day, str, str]] = field(default_factory=list)
    # (movement, whose payment, why it is in no sum) in words.
    entries: list[tuple[Entry, str, str]] = field(default_factory=list)
    number_of_entries: int = 0

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return f"statement-{self.value}.csv"

    @property
    def left_out(self) -> int:
        """How many movements the page does not show."""
        return self.number_of_entries - len(self.entries)


def of_month(day: date) -> Statement:
    """The month in which `day` lies."""
    today = day_of(timezone.now())
    month = monthly(day, today=today)
    won = won_of_days(month.first, min(month.last, today - ONE_DAY))
    return Statement(
        title=_("Monthly statement"),
        value=f"{month.first:%Y-%m}",
        period=f"{month.first} – {month.last}",
        before=f"{month.first - ONE_DAY:%Y-%m}",
        after=f"{month.last + ONE_DAY:%Y-%m}" if month.last < today else "",
        figures=month.figures,
        warnings=[*_open_warnings(month.open_days, today), *_learnt_warnings(month.learnt)],
        closes=month.closes,
        file=statement_csv.of_month(month, won=won),
        won=won,
        days=[_in_words(row, today) for row in month.days],
    )


def of_day(wanted: date) -> Statement:
    """One day, each movement of it included."""
    today, day = day_of(timezone.now()), daily(wanted)
    after, won = wanted + ONE_DAY, won_of_days(wanted, wanted)
    return Statement(
        title=_("Daily statement"),
        value=f"{wanted}",
        period=day_label(wanted),
        before=f"{wanted - ONE_DAY}",
        after=f"{after}" if after <= today else "",
        figures=day.figures,
        warnings=_day_warnings(day, today),
        closes=[day.close] if day.close else [],
        file=statement_csv.of_day(day, won=won),
        won=won,
        entries=[_entry(entry) for entry in day.entries[:ENTRIES_ON_PAGE]],
        number_of_entries=len(day.entries),
    )


def _in_words(day: Day, today: date) -> tuple[Day, str, str]:
    learnt = drift_label(day.learnt) if day.learnt else ""
    return day, day_state(day.day, day.close, today=today), learnt


def _entry(entry: Entry) -> tuple[Entry, str, str]:
    return entry, customer(entry.payment), statement_csv.aside(entry)


# --- What a reader must know -----------------------------------------------------------------


def _open_warnings(days: list[date], today: date) -> list[str]:
    over = [day for day in days if day < today]
    warnings = []
    if over:
        text = ngettext(
            "%(number)s finished day is not closed: its figures can still change.",
            "%(number)s finished days are not closed: their figures can still change.",
            len(over),
        )
        warnings.append(text % {"number": len(over)})
    if today in days:
        warnings.append(_("The month is not over: today's figures are those up to now."))
    return warnings


def _learnt_warnings(learnt: list[Moved]) -> list[str]:
    if not learnt:
        return []
    text = ngettext(
        "Money of %(number)s closed day was learnt after its close (net %(net)s). The figures are "
        "those of the close.",
        "Money of %(number)s closed days was learnt after their close (net %(net)s in all). The "
        "figures are those of the closes.",
        len(learnt),
    )
    return [text % {"number": len(learnt), "net": signed_number(sum(by.amount for by in learnt))}]


def _day_warnings(day: Daily, today: date) -> list[str]:
    if day.drift:
        moved = day.drift.moved
        text = ngettext(
            "%(number)s movement of this day was learnt after its close (net %(net)s). The figures "
            "are those of the close.",
            "%(number)s movements of this day were learnt after its close (net %(net)s). The "
            "figures are those of the close.",
            moved.count,
        )
        return [text % {"number": moved.count, "net": signed_number(moved.amount)}]
    if day.close:
        return []
    if day.day >= today:
        return [_("This day is not over: the figures are those up to now.")]
    return [_("This day is not closed: its figures can still change.")]
