"""A discrepancy in words and figures: what differs, its two sides, what happened to it.

A difference is always said in words besides its colour. A new `Bucket` gets its look in
`BUCKET_LOOKS` and, if one field shows it, its words in `_DIFFERENCES`; a new kind of step its look
in `_STEP_LOOKS`. A figure that needs a look of its own gets it in `value_label`.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from payments.core.kst import stamp
from payments.core.money import WON, won
from payments.models import Bucket, ClosingReason, Discrepancy, DiscrepancyStep, StepKind
from payments.selectors.discrepancies import (
    Change,
    Figures,
    currency_of,
    details_of,
    fields_of,
    figures,
    foreign_amount_at_risk,
)
from payments.selectors.payments.customers import called_then
from payments.states import Finding, status_label

from .compared_value import Value, compared_value
from .display import NOTHING, badge, moment

BUCKET_LOOKS = {
    Bucket.MISSING_HERE: "bad",
    Bucket.MISSING_THERE: "bad",
    Bucket.AMOUNT: "bad",
    Bucket.STATUS: "wait",
    Bucket.REFUND: "wait",
    Bucket.CURRENCY: "bad",
    Bucket.ORDER_NUMBER: "wait",
    Bucket.DOUBLE_APPROVAL: "bad",
    Bucket.TEST_PAYMENT: "note",
    Bucket.PAID_AT: "wait",
    Bucket.DETAILS: "wait",
    Bucket.CONTRADICTION: "bad",
    Bucket.LATE_APPROVAL: "wait",
}
_STEP_LOOKS = {
    StepKind.FOUND: "bad",
    StepKind.CHANGED: "wait",
    StepKind.OWNED: "note",
    StepKind.CLOSED: "good",
    StepKind.REOPENED: "bad",
}
# What is over, by how it was closed: both sides are those of today, and say the same.
_SETTLED = {
    ClosingReason.AGREES.value: gettext_lazy("None: both sides agree"),
    ClosingReason.TAKEN_IN.value: gettext_lazy("None: taken in as a payment"),
}
SIDES = {"ours": pgettext_lazy("side", "Ours"), "theirs": pgettext_lazy("side", "Gateway")}
# The difference between our figures and the gateway's in words.
Describe = Callable[[Figures, Figures], str]


def bucket_badges(discrepancy: Discrepancy) -> SafeString:
    """In what the two sides differ."""
    looks = ((badge(BUCKET_LOOKS[bucket], bucket.label),) for bucket in discrepancy.buckets)
    return format_html_join(" ", "{}", looks)


def state_badge(discrepancy: Discrepancy) -> SafeString:
    """Open, or closed with its reason."""
    if discrepancy.is_open:
        again = discrepancy.times_opened > 1
        label = _("Opened again") if again else pgettext("discrepancy", "Open")
        return badge("wait", label)
    by_itself = discrepancy.closing_reason == ClosingReason.AGREES
    label = _("Closed by itself") if by_itself else pgettext("discrepancy", "Closed")
    return badge("good" if by_itself else "quiet", label)


def step_actor(step: DiscrepancyStep) -> str:
    """Who did it, "" for the system."""
    return step.actor_name and called_then(step.actor_name, step.actor)


def step_badge(step: DiscrepancyStep) -> SafeString:
    """What happened to it."""
    return badge(_STEP_LOOKS[StepKind(step.kind)], step.get_kind_display())


def settled_label(discrepancy: Discrepancy) -> str | Promise | None:
    """What is said in the place of a difference that is no more; None where there is one."""
    return None if discrepancy.is_open else _SETTLED.get(discrepancy.closing_reason)


def difference_label(discrepancy: Discrepancy) -> str:
    """What differs, and by how much."""
    if settled := settled_label(discrepancy):
        return str(settled)
    ours, theirs = figures(discrepancy.ours) or {}, figures(discrepancy.theirs) or {}
    words = {bucket: _DIFFERENCES[bucket](ours, theirs) for bucket in discrepancy.buckets}
    if details := details_of(discrepancy):
        names = ", ".join(str(row.words) for row in details)
        words[Bucket.DETAILS] = _("Another at the gateway: %(fields)s") % {"fields": names}
    return " · ".join(words.values())


def figure_label(name: str, side: Figures) -> str:
    """One figure of a side: a status with its sums, anything else as it is."""
    value = side.get(name)
    if name == "status" and value:
        sums = {key: side.get(key) for key in ("amount", "cancelled_amount")}
        return str(status_label(str(value), **sums))
    return str(value or NOTHING)


def _by(name: str, more: str | Promise, less: str | Promise) -> Describe:
    def describe(ours: Figures, theirs: Figures) -> str:
        left, right = ours.get(name), theirs.get(name)
        if not isinstance(left, int) or not isinstance(right, int):
            return _both(name)(ours, theirs)
        return str(more if right > left else less) % {"amount": won(abs(right - left))}

    return describe


_more_or_less_refunded = _by(
    "cancelled_amount",
    gettext_lazy("%(amount)s more refunded at the gateway"),
    gettext_lazy("%(amount)s less refunded at the gateway"),
)


def _refund(ours: Figures, theirs: Figures) -> str:
    """Of another attempt than the order's own, and of another day, the sums say nothing."""
    ids = {ours.get("imp_uid"), theirs.get("imp_uid")} - {None, ""}
    if len(ids) > 1 or ours.get("cancelled_amount") == theirs.get("cancelled_amount"):
        return str(Finding.REFUND_GONE.label)
    return _more_or_less_refunded(ours, theirs)


def _both(name: str) -> Describe:
    def describe(ours: Figures, theirs: Figures) -> str:
        values = {"ours": figure_label(name, ours), "theirs": figure_label(name, theirs)}
        return str(_("Here: %(ours)s · Gateway: %(theirs)s") % values)

    return describe


def _always(label: str | Promise) -> Describe:
    return lambda ours, theirs: str(label)


_DIFFERENCES: dict[str, Describe] = {
    Bucket.MISSING_HERE: _always(gettext_lazy("Only at the gateway")),
    Bucket.MISSING_THERE: _always(gettext_lazy("Only here")),
    Bucket.AMOUNT: _by(
        "amount",
        gettext_lazy("%(amount)s more at the gateway"),
        gettext_lazy("%(amount)s less at the gateway"),
    ),
    Bucket.REFUND: _refund,
    Bucket.STATUS: _both("status"),
    Bucket.CURRENCY: _both("currency"),
    Bucket.ORDER_NUMBER: _always(gettext_lazy("Another order number at the gateway")),
    Bucket.DOUBLE_APPROVAL: _always(gettext_lazy("A second approval of the same order")),
    Bucket.TEST_PAYMENT: _always(gettext_lazy("It moved no money")),
    Bucket.PAID_AT: _always(gettext_lazy("Another time of payment at the gateway")),
    Bucket.DETAILS: _always(gettext_lazy("Details that are told otherwise at the gateway")),
    Bucket.CONTRADICTION: _always(gettext_lazy("Refunds or times that can't be true")),
    Bucket.LATE_APPROVAL: _always(gettext_lazy("Money came in after the order had failed")),
}


def side_cell(discrepancy: Discrepancy, side_name: str) -> SafeString:
    """One side, "ours" or "theirs": how much, what became of it; what differs is marked."""
    side = figures(getattr(discrepancy, side_name))
    if side is None:
        return format_html('<span class="absent">{}</span>', _("None"))
    about = fields_of(discrepancy)
    lines = [("amount", money(side, "amount")), ("status", figure_label("status", side))]
    if side.get("cancelled_amount") or "cancelled_amount" in about:
        refunded = f"{pgettext('amount', 'Refunded')} {money(side, 'cancelled_amount')}"
        lines.append(("cancelled_amount", refunded))
    ids = [name for name in ("merchant_uid", "imp_uid") if name in about]
    lines += [(name, str(side.get(name) or NOTHING)) for name in ids]
    marks = frozenset[str]() if settled_label(discrepancy) else _marked(about)
    marked = ((name, " differs" if name in marks else "", label) for name, label in lines)
    return format_html_join("", '<span class="{}{}">{}</span>', marked)


def _marked(about: set[str]) -> frozenset[str]:
    """Another currency shows in the amount."""
    return frozenset("amount" if name == "currency" else name for name in about)


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


def change_label(change: Change) -> str:
    """One figure that became another, as plain text."""
    return _("%(side)s, %(what)s: %(was)s → %(now)s") % {
        "side": SIDES[change.side],
        "what": change.label,
        "was": _plain(change.name, change.was, change.before),
        "now": _plain(change.name, change.now, change.after),
    }


def _plain(name: str, value: object, side: Figures | None) -> str:
    """A figure as part of a sentence that is escaped as a whole."""
    if isinstance(value, tuple):
        return (
            ", ".join(
                won(amount) if isinstance(amount, int) else str(amount) for amount, _at in value
            )
            or NOTHING
        )
    return stamp(value) if isinstance(value, datetime) else str(value_label(name, value, side))
