"""How a day's figures, and what was learnt of it since it was closed, look on its screens.

To break the figures down by one more thing: a `Part` in `parts`.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from payments.admin.shared.display import NOTHING, badge, pay_method, pg_provider, signed_won
from payments.core.money import with_separators
from payments.models import DailyClose
from payments.selectors.daily_close.closes import Known
from payments.selectors.daily_close.figures import Figures, Moved, Name, Sums
from payments.selectors.payments.customers import called
from payments.states import MovementKind


def drift_label(learnt: Moved | None) -> str:
    """What was learnt of a closed day since; the sign is that of the statement's file."""
    if learnt is None:
        return _("Stands")
    text = ngettext(
        "%(number)s learnt later, net %(amount)s",
        "%(number)s learnt later, net %(amount)s",
        learnt.count,
    )
    number = with_separators(learnt.count)
    return text % {"number": number, "amount": signed_won(learnt.amount)}


def drift_badge(learnt: Moved | None) -> SafeString:
    """The same with a look."""
    return badge("bad" if learnt else "quiet", drift_label(learnt))


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


class Part(NamedTuple):
    """A table of figures: what its rows have in common, and each by its name."""

    heading: str
    rows: list[tuple[str, Sums]]


def parts(figures: Figures) -> list[Part]:
    """By payment method, PG and MID, the one that brought most first."""
    return [
        Part(_("Payment method"), _ranked(figures.by_method, lambda name: pay_method(*name))),
        Part(_("PG"), _ranked(figures.by_provider, lambda name: pg_provider(*name))),
        Part(_("MID"), _ranked(figures.by_mid, _mid)),
    ]


def _mid(name: Name) -> str:
    provider, mid = name
    return f"{mid or NOTHING} ({pg_provider(provider)})"


def _ranked(groups: dict[Name, Sums], label: Callable[[Name], str]) -> list[tuple[str, Sums]]:
    ranked = sorted(groups.items(), key=lambda item: (-item[1].approved, item[0]))
    return [(label(name), sums) for name, sums in ranked]


def kinds(figures: Figures) -> list[tuple[str, Moved]]:
    """Each kind of movement, in their usual order."""
    return [
        (str(kind.label), moved)
        for kind in MovementKind
        if (moved := figures.by_kind.get(kind)) is not None
    ]


def customer(payment: Known) -> str:
    """Whose payment it is, masked: statements go to many hands."""
    return called(payment.customer, unmasked=False) if payment.customer else ""


def breakdown(figures: Figures) -> dict[str, Any]:
    """What the tables of a day or a month show."""
    return {"figures": figures, "parts": parts(figures), "kinds": kinds(figures)}
