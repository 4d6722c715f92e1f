"""What stands in a statement, ready to show: its sums, its tables, what a reader must know of them.

Page and file (`statement_csv`) are made of the same `Daily` or `Monthly`. To add a column: a field
of the row here and its place in the template, and its cell in the file.
"""

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.admin.shared.display import NOTHING, email_cell, pay_method
from payments.core.kst import day_of, stamp
from payments.models import DailyClose
from payments.selectors.daily_close.closes import ONE_DAY
from payments.selectors.daily_close.lines import Sums
from payments.selectors.daily_close.statements import Daily, Day, Entry, daily, monthly

from . import statement_csv
from .display import (
    Group,
    breakdown,
    day_label,
    day_state,
    drift_label,
    group,
    line_status,
    signed,
)
from .statement_csv import Table

# More payments than this are no page; the file has them all.
PAYMENTS_ON_PAGE = 5_000


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
    """One statement. `value` is the day or month as it stands in a URL."""

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
    month = monthly(day, today=today)
    value = f"{month.first:%Y-%m}"
    return Statement(
        title=_("Monthly statement"),
        value=value,
        period=f"{month.first} – {month.last}",
        before=f"{month.first - ONE_DAY:%Y-%m}",
        after=f"{month.last + ONE_DAY:%Y-%m}" if month.last < today else "",
        **breakdown(month.figures),
        warnings=[*_open_warnings(month.open_days, today), *_moved_warnings(month.moved)],
        closes=_closers(month.closes),
        file=statement_csv.of_month(month),
        file_name=f"statement-{value}.csv",
        days=[_day_row(row, today) for row in month.days],
    )


def of_day(wanted: date) -> Statement:
    """One day, each payment of it included."""
    today, day = day_of(timezone.now()), daily(wanted)
    after = wanted + ONE_DAY
    return Statement(
        title=_("Daily statement"),
        value=f"{wanted}",
        period=day_label(wanted),
        before=f"{wanted - ONE_DAY}",
        after=f"{after}" if after <= today else "",
        **breakdown(day.figures),
        warnings=_day_warnings(day, today),
        closes=_closers([day.close] if day.close else []),
        file=statement_csv.of_day(day),
        file_name=f"statement-{wanted}.csv",
        payments=list(map(_payment_row, day.entries[:PAYMENTS_ON_PAGE])),
        number_of_payments=len(day.entries),
    )


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


def _moved_warnings(moved: list[Sums]) -> list[str]:
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


def _day_warnings(day: Daily, today: date) -> list[str | Promise]:
    if day.drift:
        text = ngettext(
            "%(number)s payment has changed since the day was closed (net %(net)s). The figures "
            "are those of the close.",
            "%(number)s payments have changed since the day was closed (net %(net)s). The figures "
            "are those of the close.",
            len(day.drift.causes),
        )
        net = signed(day.drift.difference.net) or "0"
        return [text % {"number": len(day.drift.causes), "net": net}]
    if day.close:
        return []
    if day.day >= today:
        return [_("This day is not over: the figures are those up to now.")]
    return [_("This day is not closed: its figures can still change.")]


# --- The page --------------------------------------------------------------------------------


def _closers(closes: list[DailyClose]) -> list[tuple[DailyClose, str]]:
    """Each with who closed it."""
    return [
        (close, email_cell(close.actor_name) if close.actor_name else _("By the clock"))
        for close in closes
    ]


def _day_row(day: Day, today: date) -> DayRow:
    return DayRow(
        sums=group(day_label(day.day), day.figures.sums),
        state=day_state(day.day, day.close, today=today),
        look="good" if day.close else "wait",
        moved=drift_label(day.moved) if day.moved else "",
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
