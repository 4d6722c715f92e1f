"""How a closed day's figures and what moved since look on its screens and statements.

To break the figures down by one more thing: a table in `breakdown`, and its place in the templates.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from payments.admin.shared.display import NOTHING, badge, pay_method, won
from payments.core.money import with_separators
from payments.models import DailyClose
from payments.selectors.daily_close.lines import Figures, Sums


def signed(amount: int, look: Callable[[int], str] = with_separators) -> str:
    """1000 -> "+1,000", -1000 -> "−1,000"."""
    return f"{'−' if amount < 0 else '+' if amount else ''}{look(abs(amount))}"


def drift_label(by: Sums | None) -> str:
    """By how much a closed day's net has moved since: the sign is that of the statement's file."""
    if by is None or by == Sums():
        return _("Stands")
    text = _("Net %(amount)s (refunds)") if by.is_refunds_alone else _("Net %(amount)s")
    return text % {"amount": signed(by.net, won)}


def drift_badge(by: Sums | None) -> SafeString:
    """The same with a look: refunds alone are the ordinary case."""
    if by is None or by == Sums():
        return badge("quiet", drift_label(by))
    return badge("wait" if by.is_refunds_alone else "bad", drift_label(by))


def reconciled(*, unknown: int, still_open: int) -> tuple[str, str]:
    """A look and a label for a day that was compared: only what is over is good."""
    if unknown:
        label = _("Reconciled with the gateway, %(number)s without an answer")
        return "wait", label % {"number": with_separators(unknown)}
    if still_open:
        label = ngettext(
            "Reconciled with the gateway, %(number)s discrepancy still open",
            "Reconciled with the gateway, %(number)s discrepancies still open",
            still_open,
        )
        return "wait", label % {"number": with_separators(still_open)}
    return "good", _("Reconciled with the gateway")


def day_state(day: date, close: DailyClose | None, *, today: date) -> str:
    """Whether a day is closed, or can't be yet."""
    if close:
        return pgettext("day", "Closed")
    return pgettext("day", "Not closed") if day < today else pgettext("day", "Not over")


def breakdown(figures: Figures) -> dict[str, Any]:
    """What the tables show: all, by payment method and by PG, the one that brought most first."""
    methods, providers = _ranked(figures.by_method), _ranked(figures.by_provider)
    return {
        "sums": figures.sums,
        "methods": [(pay_method(name), sums) for name, sums in methods],
        "providers": [(name or NOTHING, sums) for name, sums in providers],
    }


def _ranked(by_name: dict[str, Sums]) -> list[tuple[str, Sums]]:
    return sorted(by_name.items(), key=lambda item: (-item[1].gross, item[0]))
