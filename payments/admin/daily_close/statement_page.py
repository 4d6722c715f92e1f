"""What stands in a statement, in words: its sums, its tables, what a reader must know about them.

Page and file (`statement_file`) are made of the same `Daily` or `Monthly`. To add a column: a field
of the row here and its place in the template, and its cell in the file.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.admin.shared.display import NOTHING, email_cell, pay_method
from payments.core.kst import day_of, stamp
from payments.models import DailyClose
from payments.selectors.daily_close.closes import ONE_DAY
from payments.selectors.daily_close.lines import Figures, Sums
from payments.selectors.daily_close.statements import Daily, Day, Entry, daily, monthly

from . import display, statement_csv
from .display import Group, day_state, day_words, group, line_status, signed
from .statement_csv import Table

# More payments than this are no page; the file has them all.
SHOWN_PAYMENTS = 5_000


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of a month; `state` says whether it is closed, `moved` what has happened since."""

    sums: Group
    state: str
    look: str
    moved: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment of a day."""

    at: str
    merchant_uid: str
    imp_uid: str
    method: str
    provider: str
    status: str
    sums: Group


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `value` is the day or month as it stands in an address."""

    title: str
    value: str
    period: str
    before: str
    after: str
    sums: Group
    methods: list[Group]
    providers: list[Group]
    warnings: list[str | Promise]
    closes: list[tuple[DailyClose, str]]
    file: Table
    file_name: str
    days: list[DayRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    number_of_payments: int = 0

    @property
    def left_out(self) -> int:
        """How many payments the page does not show."""
        return self.number_of_payments - len(self.payments)


def of_month(day: date) -> Statement:
    """The month in which `day` lies."""
    today = day_of(timezone.now())
    found = monthly(day, today=today)
    value = f"{found.first:%Y-%m}"
    return Statement(
        title=_("Monthly statement"),
        value=value,
        period=f"{found.first} – {found.last}",
        before=f"{found.first - ONE_DAY:%Y-%m}",
        after=f"{found.last + ONE_DAY:%Y-%m}" if found.last < today else "",
        **_sums(found.figures),
        warnings=[*_open_words(found.open_days, today), *_moved_words(found.moved)],
        closes=_closers(found.closes),
        file=statement_csv.of_month(found),
        file_name=f"statement-{value}.csv",
        days=[_day_row(one, today) for one in found.days],
    )


def of_day(day: date) -> Statement:
    """One day, each payment of it included."""
    today, found = day_of(timezone.now()), daily(day)
    after = day + ONE_DAY
    return Statement(
        title=_("Daily statement"),
        value=f"{day}",
        period=day_words(day),
        before=f"{day - ONE_DAY}",
        after=f"{after}" if after <= today else "",
        **_sums(found.figures),
        warnings=_day_warnings(found, today),
        closes=_closers([found.close] if found.close else []),
        file=statement_csv.of_day(found),
        file_name=f"statement-{day}.csv",
        payments=list(map(_payment_row, found.entries[:SHOWN_PAYMENTS])),
        number_of_payments=len(found.entries),
    )


def _sums(figures: Figures) -> dict[str, Any]:
    return {
        "sums": group(_("Total"), figures.sums),
        "methods": display.methods(figures),
        "providers": display.providers(figures),
    }


# --- What a reader must know -----------------------------------------------------------------


def _open_words(days: list[date], today: date) -> list[str]:
    over = [day for day in days if day < today]
    words = []
    if over:
        text = ngettext(
            "%(number)s finished day is not closed: its figures can still change.",
            "%(number)s finished days are not closed: their figures can still change.",
            len(over),
        )
        words.append(text % {"number": len(over)})
    if today in days:
        words.append(_("The month is not over: today's figures are those up to now."))
    return words


def _moved_words(moved: list[Sums]) -> list[str]:
    if not moved:
        return []
    text = ngettext(
        "%(number)s day has moved since it was closed (net %(net)s). The figures are those of the "
        "close.",
        "%(number)s days have moved since they were closed (net %(net)s in all). The figures are "
        "those of the closes.",
        len(moved),
    )
    return [text % {"number": len(moved), "net": signed(sum(by.net for by in moved))}]


def _day_warnings(found: Daily, today: date) -> list[str | Promise]:
    if found.drift:
        text = ngettext(
            "%(number)s payment has changed since the day was closed (net %(net)s). The figures "
            "are those of the close.",
            "%(number)s payments have changed since the day was closed (net %(net)s). The figures "
            "are those of the close.",
            len(found.drift.causes),
        )
        net = signed(found.drift.difference.net) or "0"
        return [text % {"number": len(found.drift.causes), "net": net}]
    if found.close:
        return []
    if found.day >= today:
        return [_("This day is not over: the figures are those up to now.")]
    return [_("This day is not closed: its figures can still change.")]


# --- The page --------------------------------------------------------------------------------


def _closers(closes: list[DailyClose]) -> list[tuple[DailyClose, str]]:
    """Each with who closed it."""
    return [
        (close, email_cell(close.actor_name) if close.actor_name else _("By the clock"))
        for close in closes
    ]


def _day_row(one: Day, today: date) -> DayRow:
    return DayRow(
        sums=group(day_words(one.day), one.figures.sums),
        state=day_state(one.day, one.close, today=today),
        look="good" if one.close else "wait",
        moved=display.drift_words(one.moved) if one.moved else "",
    )


def _payment_row(entry: Entry) -> PaymentRow:
    line = entry.line
    return PaymentRow(
        at=stamp(entry.paid_at).removesuffix(" KST") if entry.paid_at else NOTHING,
        merchant_uid=entry.merchant_uid,
        imp_uid=line.imp_uid,
        method=pay_method(line.pay_method),
        provider=line.pg_provider or NOTHING,
        status=line_status(line),
        sums=group("", line.sums),
    )
