"""The file of a statement: its header and its rows.

An amount is a plain integer, text is safe for spreadsheets. The first column says what a row is
about, so that days, movements, methods and the total can be told apart by a filter; then rows lead
from the net by transaction date to the net by payment date, and the last ones are the page's
reconciliation in won, in columns of their own. To add a column: its name in `of_month` or `of_day`,
its cell in the row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import pay_method, pg_provider
from payments.admin.shared.won_table import HEADINGS, Row, won_context
from payments.core.kst import stamp
from payments.core.spreadsheet import guarded
from payments.models import Payment
from payments.selectors.daily_close.figures import Figures, Sums
from payments.selectors.daily_close.statements import Daily, Day, Entry, Monthly
from payments.selectors.reconciliation import WonTable

from .display import customer, day_state, parts


@dataclass(frozen=True, slots=True)
class Table:
    """As a spreadsheet shows it."""

    header: list[str]
    rows: list[list[Any]]


def of_month(month: Monthly, *, won: WonTable | None) -> Table:
    """A row for each day, the sums, and what the reconciliation says."""
    state = [_("state"), _("learnt later"), _("learnt later (net)"), _("hash")]
    rows = [_day(day, month.today) for day in month.days]
    return _with_won(_headed([_("item")], state), [*rows, *_sums(month.figures)], won)


def of_day(day: Daily, *, won: WonTable | None) -> Table:
    """A row for each movement, the sums, and what the reconciliation says."""
    names = [
        *(_("time (KST)"), pgettext("movements", "kind"), Payment.label("merchant_uid")),
        *(Payment.label("imp_uid"), _("customer"), Payment.label("pay_method"), _("PG"), _("MID")),
        *(_("PG transaction id"), _("approval number"), _("note")),
    ]
    rows = [_movement(entry) for entry in day.entries]
    sums = _sums(day.figures, before=len(names) - 1)
    return _with_won(_headed(names), [*rows, *sums], won)


def _headed(names: list[Any], others: list[str] | None = None) -> list[str]:
    """The header: what a row is about, its name, the figures, what else there is about it."""
    figures = [
        _("Approvals"),
        pgettext("figure", "Approved"),
        pgettext("count", "Refunds"),
        _("Refunded, paid same day"),
        _("Refunded, paid earlier"),
        _("Net"),
    ]
    return [capfirst(str(name)) for name in [_("about"), *names, *figures, *(others or [])]]


def _numbers(sums: Sums) -> list[int]:
    """What went back is below zero, so that the columns add up to the net."""
    back = -sums.refunded_same_day, -sums.refunded_earlier
    return [sums.approvals, sums.approved, sums.refunds, *back, sums.net]


def _day(day: Day, today: date) -> list[Any]:
    digest = day.close.hash if day.close else ""
    learnt = [day.learnt.count, day.learnt.amount] if day.learnt else [0, 0]
    state = day_state(day.day, day.close, today=today)
    return [_("Day"), f"{day.day}", *_numbers(day.figures.sums), state, *learnt, digest]


def _movement(entry: Entry) -> list[Any]:
    line = entry.line
    # A time of ours is no text: a spreadsheet may take it for the time that it is.
    at = stamp(line.happened_at).removesuffix(" KST")
    texts = (
        line.kind_label,
        line.merchant_uid,
        line.imp_uid,
        customer(entry.payment),
        pay_method(line.pay_method),
        pg_provider(line.pg_provider),
        line.pg_id,
        line.pg_tid,
        entry.payment.apply_num,
        aside(entry),
    )
    return [_("Movement"), at, *map(guarded, texts), *_numbers(line.sums)]


def aside(entry: Entry) -> str:
    """Why a movement is in no sum."""
    if entry.line.is_test:
        return _("Test payment, in no sum")
    return "" if entry.line.is_own else _("Second approval, in no sum")


def _sums(figures: Figures, *, before: int = 0) -> list[list[Any]]:
    """Each part and altogether, with empty cells `before` the figures."""

    def row(about: str, name: str, numbers: list[Any]) -> list[Any]:
        return [about, guarded(name), *[""] * before, *numbers]

    return [
        *(
            row(part.heading, name, _numbers(sums))
            for part in parts(figures)
            for name, sums in part.rows
        ),
        row(_("Total"), "", _numbers(figures.sums)),
        *(row(about, "", _numbers(sums)) for about, sums in _unsummed(figures)),
        *(row(_("To payment date"), name, [*[""] * 5, won]) for name, won in _bridge(figures)),
    ]


def _unsummed(figures: Figures) -> Iterator[tuple[str, Sums]]:
    if figures.others:
        yield _("Second approvals, not in the total"), figures.others
    if figures.tests:
        yield _("Test payments, not in the total"), figures.tests


def _bridge(figures: Figures) -> list[tuple[str, int]]:
    """The terms, signed as they are added up, and what they come to."""
    bridge = figures.bridge
    return [
        (_("Net by transaction date"), bridge.net),
        (_("Refunded, paid earlier"), bridge.refunded_earlier),
        (_("Refunded later"), -bridge.refunded_later),
        (_("Net by payment date"), bridge.by_payment_date),
    ]


def _with_won(header: list[str], rows: list[list[Any]], won: WonTable | None) -> Table:
    """With the columns and the rows of the reconciliation; every row fills the whole header."""
    sides = [name for heading in HEADINGS for name in _names_of(heading)]
    whole, about = [*header, *sides], _("Reconciliation with PortOne")
    before = [""] * (len(header) - 2)
    context = won_context(won)
    rows = [
        *rows,
        *([about, row.label, *before, *_cells(row)] for row in context["won_rows"]),
        *([about, guarded(note)] for note in (*_seen_by(won), *context["won_notes"])),
    ]
    return Table(whole, [[*row, *[""] * (len(whole) - len(row))] for row in rows])


def _names_of(side: str | Promise) -> tuple[str, str]:
    """What the two columns of one side are called."""
    won, number = _("Reconciliation: %(side)s"), _("Reconciliation: %(side)s, items")
    return won % {"side": side}, number % {"side": side}


def _seen_by(won: WonTable | None) -> list[str]:
    """By which runs it was made, as the page names them."""
    runs = [f"{run} (#{run.pk})" for run in won.runs] if won else []
    return [f"{_('As the newest reconciliation saw it:')} {', '.join(runs)}"] if runs else []


def _cells(row: Row) -> Iterator[Any]:
    """Won and how many, side by side; empty where it is not known yet."""
    for _heading, cell in row.cells:
        yield from (cell.figure.won, cell.figure.number) if cell.figure else ("", "")
