"""The table in won of a reconciliation: approvals, refunds, net on both sides, and what differs.

A run's page has it for its days, a close and a statement for theirs; the template is
`admin/includes/won_table.html`. Of ours the rows are movements, of a difference they are a run's
lines (`reconciliation.lines`). To add a row: a line in `_rows`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from payments.core.money import with_separators
from payments.selectors.reconciliation import Compared, Figure, WonTable
from payments.states import MovementKind

from .display import balance
from .links import real_movements_of_days

# The kinds of movements that count in a row. A refund taken back lowers refunds.
_KINDS = {
    MovementKind.APPROVAL: (MovementKind.APPROVAL,),
    MovementKind.REFUND: tuple(kind for kind in MovementKind if kind != MovementKind.APPROVAL),
}
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and where its rows are, if there are any; no figure where it is not known yet."""

    figure: Figure | None
    url: str = ""
    differs: bool = False

    @property
    def has_rows(self) -> bool:
        """Whether there is something behind it, though it may come to nothing."""
        return self.figure is not None and any(self.figure)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name and what stands under each heading."""

    name: str
    label: str
    cells: tuple[tuple[str | Promise, Cell], ...]


HEADINGS = (
    pgettext_lazy("reconciliation in won", "Here"),
    pgettext_lazy("reconciliation in won", "At PortOne"),
    pgettext_lazy("reconciliation in won", "Difference"),
    pgettext_lazy("reconciliation in won", "Of which accepted"),
)


def won_context(table: WonTable | None) -> dict[str, Any]:
    """What the template shows; without a table it says so."""
    if table is None:
        return {
            "won_rows": [],
            "won_notes": [_("No reconciliation has compared these days in won.")],
        }
    return {
        "won_headings": HEADINGS,
        "won_rows": list(_rows(table)),
        "won_runs": table.runs,
        "won_notes": list(_notes(table)),
    }


def lines_url(run_id: int, **query: object) -> str:
    """What differs in a run, narrowed."""
    said = urlencode({name: str(value) for name, value in query.items() if value})
    url = reverse("admin:payments_reconciliationrun_lines", args=[run_id])
    return f"{url}?{said}" if said else url


def _rows(table: WonTable) -> Iterator[Row]:
    approved = pgettext("reconciliation in won", "Approvals")
    yield _row(table, approved, table.approvals, MovementKind.APPROVAL)
    refunded = pgettext("reconciliation in won", "Refunds")
    yield _row(table, refunded, table.refunds, MovementKind.REFUND)
    yield _row(table, _("Net"), table.net, "")


def _row(table: WonTable, label: str, compared: Compared, kind: str) -> Row:
    first, last = table.days
    kinds = ",".join(_KINDS[MovementKind(kind)]) if kind else ""
    ours = real_movements_of_days(first, last, **({"kind": kinds} if kinds else {}))
    lines = _lines_url(table, kind=kind)
    difference = compared.difference if table.is_through else None
    accepted = compared.accepted if table.is_through else None
    cells = (
        Cell(compared.here, ours),
        Cell(compared.there, lines),
        Cell(difference, lines, differs=bool(difference and difference.number)),
        Cell(accepted, _lines_url(table, kind=kind, state=ACCEPTED)),
    )
    return Row(kind or "net", label, tuple(zip(HEADINGS, cells, strict=True)))


def _lines_url(table: WonTable, **query: object) -> str:
    """The lines of the table's days; "" where they are of several runs."""
    if len(table.runs) != 1:
        return ""
    (run,) = table.runs
    first, last = table.days
    is_part = (first, last) != (run.first_day, run.last_day)
    days = {"from": first, "to": last} if is_part else {}
    return lines_url(run.pk, **query, **days)


def _notes(table: WonTable) -> Iterator[str]:
    """What a reader has to know of the figures."""
    if table.others.number or table.others.won:
        words = _("The figures here include second approvals: net %(won)s.")
        yield words % {"won": balance(table.others.won)}
    if table.missing:
        words = ngettext(
            "%(number)s of these days is in no finished reconciliation and no figure here.",
            "%(number)s of these days are in no finished reconciliation and no figure here.",
            len(table.missing),
        )
        yield words % {"number": with_separators(len(table.missing))}
    if not table.is_through:
        yield _("What differs is known once the run is done.")
