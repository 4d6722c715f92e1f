"""The four figures at the head of the dashboard, how they moved, and the lists behind them.

What a figure means is defined in `selectors.dashboard`. To show another one: a `Tile` in `tiles`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import NOTHING, percent, won
from payments.admin.shared.links import payment_list_of_days
from payments.selectors.dashboard import Dashboard, Span


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved against the days before: an arrow, a label, and a look."""

    arrow: str
    label: str
    look: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure; `url` is the list of what it adds up."""

    name: str
    label: str
    value: str
    note: str
    change: Change
    url: str


def tiles(figures: Dashboard) -> Iterator[Tile]:
    """The four, in their order."""
    now, before = figures.now, figures.before
    url = payment_list_of_days(*now.days)
    gross, refunded, net = (
        _moved(getattr(now.approved, name), getattr(before.approved, name), good=good)
        for name, good in (("gross", 1), ("refunded", 0), ("net", 1))
    )
    approved = _("%(number)s approved") % {"number": f"{now.approved.count:,}"}
    yield Tile("gross", _("Gross"), won(now.approved.gross), approved, gross, url)
    yield Tile(
        "refunded",
        pgettext("figure", "Refunded"),
        won(now.approved.refunded),
        _("of the payments approved in these days"),
        refunded,
        payment_list_of_days(*now.days, status="cancelled"),
    )
    yield Tile("net", _("Net"), won(now.approved.net), _("gross less refunded"), net, url)
    yield _success(now, before)


def _success(now: Span, before: Span) -> Tile:
    rate, rate_before = now.ordered.success_rate, before.ordered.success_rate
    numbers = {"approved": f"{now.ordered.approved:,}", "orders": f"{now.ordered.count:,}"}
    return Tile(
        "success_rate",
        _("Success rate"),
        NOTHING if rate is None else percent(rate),
        _("%(approved)s approved of %(orders)s ordered") % numbers,
        _points(rate, rate_before),
        payment_list_of_days(*now.days, basis="requested"),
    )


def _moved(now: int, before: int, *, good: int) -> Change:
    """In per cent. More is good, or (`good=0`) neither good nor bad."""
    if now == before:
        return Change("", _("unchanged"), "")
    if not before:
        return Change("", _("nothing in the period before"), "")
    size = percent(abs(now - before) / before)
    return _change(now > before, size, good=bool(good))


def _points(now: float | None, before: float | None) -> Change:
    """A rate moves by percentage points."""
    if now is None or before is None:
        return Change("", _("nothing to compare with"), "")
    if percent(now) == percent(before):
        return Change("", _("unchanged"), "")
    size = _("%(number)s points") % {"number": f"{abs(now - before) * 100:.1f}"}
    return _change(now > before, size, good=True)


def _change(is_up: bool, size: str, *, good: bool) -> Change:
    label = _("%(size)s more") if is_up else _("%(size)s less")
    look = ("good" if is_up else "bad") if good else ""
    return Change("▲" if is_up else "▼", label % {"size": size}, look)
