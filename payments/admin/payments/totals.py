"""The figures above the list, each status a link that narrows the list to it.

The figures are `selectors.payments.totals` over exactly the filtered set: the dashboard's and the
export's too.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from payments.admin.shared.display import STATUS_LOOKS, won
from payments.core.money import with_separators
from payments.selectors.payments.totals import Totals
from payments.states import PaymentStatus

if TYPE_CHECKING:
    from .changelist import PaymentChangeList


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many of the set have this status. Without a number where the filter leaves it out."""

    words: str
    look: str
    count: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TotalsBar:
    """Figures in words."""

    count: str
    gross: str
    refunded: str
    net: str
    statuses: list[StatusCount]


def totals_bar(changelist: "PaymentChangeList", figures: Totals) -> TotalsBar:
    """The figures of this list."""
    return TotalsBar(
        count=with_separators(figures.count),
        gross=won(figures.gross),
        refunded=won(figures.refunded),
        net=won(figures.net),
        statuses=[_status(changelist, figures, status) for status in PaymentStatus],
    )


def _status(changelist: "PaymentChangeList", figures: Totals, status: PaymentStatus) -> StatusCount:
    texts = changelist.filter_params.get("status", [])
    chosen = {value.strip() for text in texts for value in text.split(",")} - {""}
    shown = not chosen or status.value in chosen
    query = changelist.get_query_string({"status": status.value})
    return StatusCount(
        words=str(status.label),
        look=STATUS_LOOKS[status],
        count=with_separators(figures.by_status[status]) if shown else "",
        href=reverse("admin:payments_payment_changelist") + query,
        is_current=chosen == {status.value},
    )
