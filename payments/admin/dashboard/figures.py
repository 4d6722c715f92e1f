"""The four figures at the head of the dashboard, how they moved, and the lists behind them.

What a figure means is defined in `selectors.dashboard`. Money leads to the movements that it adds
up, for whoever may see them. To show another one: a `Tile` in `tiles`; what stands on the PG's
sheet and is in no sum, in `beside`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import NOTHING, balance, percent, signed_won, won
from payments.admin.shared.links import payment_list_of_days, real_movements_of_days
from payments.filters.fields import RealOrTest
from payments.filters.movements import Attempt
from payments.selectors.dashboard import Dashboard, Span
from payments.states import MovementKind

_IN = MovementKind.APPROVAL.value
_BACK = ",".join(kind.value for kind in MovementKind if kind != MovementKind.APPROVAL)


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


def tiles(figures: Dashboard, *, linked: bool) -> Iterator[Tile]:
    """The four, in their order; `linked` for who may see the movements behind them."""
    now, before = figures.now, figures.before

    def url(**filters: str) -> str:
        own = {"attempt": Attempt.OWN.value} | filters
        return real_movements_of_days(now.days[0], now.days[1], **own) if linked else ""

    gross, refunded, net = (
        _moved(getattr(now.moved, name), getattr(before.moved, name), good=good)
        for name, good in (("approved", 1), ("refunded", 0), ("net", 1))
    )
    approved = _("%(number)s approved") % {"number": f"{now.moved.approvals:,}"}
    yield Tile("gross", _("Gross"), won(now.moved.approved), approved, gross, url(kind=_IN))
    yield Tile(
        "refunded",
        pgettext("figure", "Refunded"),
        balance(now.moved.refunded),
        _earlier(now),
        refunded,
        url(kind=_BACK),
    )
    note = _("gross less refunded, each on its own day")
    yield Tile("net", _("Net"), balance(now.moved.net), note, net, url())
    yield _success(now, before)


def beside(figures: Dashboard, *, linked: bool) -> Iterator[tuple[str, str, str]]:
    """(what, won, list) of what moved in these days and is in no figure, where there is any."""
    days, moved = figures.now.days, figures.now.moved
    for label, amount, filters in (
        (_("Other attempts, in no sum"), moved.others, {"attempt": Attempt.OTHER.value}),
        (_("Test payments, in no sum"), moved.tests, {"test": RealOrTest.TESTS.value}),
    ):
        if amount:
            url = real_movements_of_days(days[0], days[1], **filters) if linked else ""
            yield label, signed_won(amount), url


def _earlier(now: Span) -> str:
    if not now.moved.earlier:
        return _("of payments of the same days")
    return _("of which %(amount)s approved on earlier days") % {
        "amount": balance(now.moved.earlier)
    }


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
    """In per cent, or in won. More is good, or (`good=0`) neither good nor bad."""
    if now == before:
        return Change("", _("unchanged"), "")
    if not before:
        return Change("", _("nothing in the period before"), "")
    # Of a net below zero there is no percentage.
    size = percent(abs(now - before) / before) if before > 0 else won(abs(now - before))
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
