"""The file of a statement: its header and its rows.

An amount is a plain integer, text is safe for spreadsheets. The first column says what a row is
about, so that days, methods and the total can be told apart by a filter. To add a column: its name
in `of_month` or `of_day`, its cell in the row.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import NOTHING, pay_method
from payments.core.kst import iso
from payments.core.spreadsheet import guarded
from payments.models import Payment
from payments.selectors.daily_close.lines import Figures, Sums
from payments.selectors.daily_close.statements import Daily, Day, Entry, Monthly

from .display import day_state


@dataclass(frozen=True, slots=True)
class Table:
    """As a spreadsheet shows it."""

    header: list[str]
    rows: list[list[Any]]


def of_month(month: Monthly) -> Table:
    """A row for each day, and the sums."""
    return Table(
        header=_headed([_("item")], [_("state"), _("moved since (net)"), _("hash")]),
        rows=[*(_day(day, month.today) for day in month.days), *_sums(month.figures, after=3)],
    )


def of_day(day: Daily) -> Table:
    """A row for each payment, and the sums."""
    columns = ("merchant_uid", "imp_uid", "paid_at", "pay_method", "pg_provider", "status")
    return Table(
        header=_headed([str(Payment.label(name)) for name in columns]),
        rows=[*map(_payment, day.entries), *_sums(day.figures, before=5)],
    )


def _headed(names: list[str], others: list[str] | None = None) -> list[str]:
    """The header: what a row is about, its name, four figures, what else there is about it."""
    figures = [
        pgettext("count", "Payments"),
        _("Gross"),
        pgettext("figure", "Refunded"),
        _("Net"),
    ]
    return [capfirst(name) for name in [_("about"), *names, *figures, *(others or [])]]


def _numbers(sums: Sums) -> list[int]:
    return [sums.count, sums.gross, sums.refunded, sums.net]


def _day(day: Day, today: date) -> list[Any]:
    moved = day.moved.net if day.moved else 0
    digest = day.close.hash if day.close else ""
    return [
        _("Day"),
        f"{day.day}",
        *_numbers(day.figures.sums),
        day_state(day.day, day.close, today=today),
        moved,
        digest,
    ]


def _payment(entry: Entry) -> list[Any]:
    line = entry.line
    texts = (
        entry.payment.merchant_uid,
        line.imp_uid,
        iso(entry.payment.paid_at),
        pay_method(line.pay_method),
        line.pg_provider,
        line.status_label,
    )
    return [_("Payment"), *map(guarded, texts), *_numbers(line.sums)]


def _sums(figures: Figures, *, before: int = 0, after: int = 0) -> list[list[Any]]:
    """By method, by PG and altogether, with empty cells `before` and `after` the figures."""
    named = [
        *(
            (_("Payment method"), pay_method(name), sums)
            for name, sums in figures.by_method.items()
        ),
        *((_("PG"), name or NOTHING, sums) for name, sums in figures.by_provider.items()),
        (_("Total"), "", figures.sums),
    ]
    return [
        [about, guarded(name), *[""] * before, *_numbers(sums), *[""] * after]
        for about, name, sums in named
    ]
