"""The figures of a discrepancy's two sides, in words: side by side, and field by field.

What other screens say of a discrepancy too is in `admin.shared.discrepancy_display`. A figure that
needs a look of its own gets it in `value_label`.
"""

from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.compared_value import Value, compared_value
from payments.admin.shared.discrepancy_display import figure_label, settled_label
from payments.admin.shared.display import NOTHING, moment
from payments.core.kst import stamp
from payments.core.money import WON, won
from payments.models import Discrepancy
from payments.selectors.discrepancies import (
    FIELD_OF,
    Figures,
    currency_of,
    figures,
    foreign_amount_at_risk,
)


def side_cell(discrepancy: Discrepancy, *, ours: bool) -> SafeString:
    """One side: how much, what became of it; the figure that differs is marked."""
    side = figures(discrepancy.ours if ours else discrepancy.theirs)
    if side is None:
        return format_html('<span class="absent">{}</span>', _("None"))
    about = FIELD_OF.get(discrepancy.bucket)
    lines = [("amount", money(side, "amount")), ("status", figure_label("status", side))]
    if side.get("cancelled_amount") or about == "cancelled_amount":
        refunded = f"{pgettext('amount', 'Refunded')} {money(side, 'cancelled_amount')}"
        lines.append(("cancelled_amount", refunded))
    if about in {"merchant_uid", "imp_uid"}:
        lines.append((about, str(side.get(about) or NOTHING)))
    marks = frozenset[str]() if settled_label(discrepancy) else _marked(about)
    marked = ((name, " differs" if name in marks else "", label) for name, label in lines)
    return format_html_join("", '<span class="{}{}">{}</span>', marked)


def named_side(discrepancy: Discrepancy, *, ours: bool) -> SafeString:
    """The same with its side's name, for where no header says it."""
    side = pgettext("side", "Ours") if ours else pgettext("side", "Gateway")
    named = '<span class="side" aria-hidden="true">{}</span>{}'
    return format_html(named, side, side_cell(discrepancy, ours=ours))


def _marked(about: str | None) -> frozenset[str]:
    """Another currency shows in the amount."""
    return frozenset({"amount"} if about == "currency" else {about or ""})


def money(side: Figures, name: str) -> str:
    """An amount of one side; in won, or in whatever currency it is in."""
    amount, currency = side.get(name), currency_of(side)
    if currency == WON and isinstance(amount, int):
        return won(amount)
    return f"{amount} {currency}" if amount not in ("", None) else NOTHING


def amount_at_risk_label(discrepancy: Discrepancy) -> str:
    """What is at stake; in another currency it counts in no total."""
    if foreign := foreign_amount_at_risk(discrepancy):
        return _("%(amount)s (not in the totals)") % {"amount": foreign}
    return won(discrepancy.amount)


def value_label(name: str, value: object, side: Figures | None) -> Value:
    """One figure of one side, for the comparison."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in {"amount", "cancelled_amount"} and value not in ("", None):
        return money(side or {}, name)
    if isinstance(value, datetime):
        return moment(value)
    return compared_value(name, value, side or {})


def plain_label(name: str, value: object, side: Figures | None) -> str:
    """The same as plain text: part of a sentence that is escaped as a whole."""
    return stamp(value) if isinstance(value, datetime) else str(value_label(name, value, side))
