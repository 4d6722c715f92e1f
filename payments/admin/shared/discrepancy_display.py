"""A discrepancy in words, for every screen that shows one: what differs, whose it is, how old.

A difference is always said in words besides its colour. A new `Bucket` gets its look in
`BUCKET_LOOKS` and, if one field shows it, its words in `_DIFFERENCES`. Each side's figures are the
discrepancies' own business (`admin.discrepancies.display`).
"""

from collections.abc import Callable

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.core.money import won
from payments.models import Bucket, ClosingReason, Discrepancy
from payments.selectors.discrepancies import Figures, figures
from payments.states import status_label

from .display import NOTHING, age, badge, moment

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
}
# What is over, by how it was closed: both sides are those of today, and say the same.
_SETTLED = {
    ClosingReason.AGREES.value: gettext_lazy("None: both sides agree"),
    ClosingReason.TAKEN_IN.value: gettext_lazy("None: taken in as a payment"),
}
# The difference between our figures and the gateway's in words.
Describe = Callable[[Figures, Figures], str]


def bucket_badge(discrepancy: Discrepancy) -> SafeString:
    """In what the two sides differ."""
    bucket = Bucket(discrepancy.bucket)
    return badge(BUCKET_LOOKS[bucket], bucket.label)


def state_badge(discrepancy: Discrepancy) -> SafeString:
    """Open, or closed with its reason."""
    if discrepancy.is_open:
        again = discrepancy.times_opened > 1
        label = _("Opened again") if again else pgettext("discrepancy", "Open")
        return badge("wait", label)
    by_itself = discrepancy.closing_reason == ClosingReason.AGREES
    label = _("Closed by itself") if by_itself else pgettext("discrepancy", "Closed")
    return badge("good" if by_itself else "quiet", label)


def closing_label(discrepancy: Discrepancy) -> str:
    """Why it was closed, "" while it is open."""
    return "" if discrepancy.is_open else str(ClosingReason(discrepancy.closing_reason).label)


def owner_label(discrepancy: Discrepancy) -> str:
    """Whose it is."""
    return str(discrepancy.owner) if discrepancy.owner else _("No owner")


def found_ago(discrepancy: Discrepancy) -> SafeString:
    """How long it has been known; when exactly beneath."""
    ago = age(discrepancy.found_at, timezone.now())
    return format_html(
        '<span class="age">{}</span><span class="small soft">{}</span>',
        ago,
        moment(discrepancy.found_at),
    )


def settled_label(discrepancy: Discrepancy) -> str | Promise | None:
    """What is said in the place of a difference that is no more; None where there is one."""
    return None if discrepancy.is_open else _SETTLED.get(discrepancy.closing_reason)


def difference_label(discrepancy: Discrepancy) -> str:
    """What differs, and by how much."""
    if settled := settled_label(discrepancy):
        return str(settled)
    ours, theirs = figures(discrepancy.ours), figures(discrepancy.theirs)
    describe = _DIFFERENCES.get(discrepancy.bucket)
    if describe is None:
        return str(Bucket(discrepancy.bucket).label)
    return describe(ours or {}, theirs or {})


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
    Bucket.REFUND: _by(
        "cancelled_amount",
        gettext_lazy("%(amount)s more refunded at the gateway"),
        gettext_lazy("%(amount)s less refunded at the gateway"),
    ),
    Bucket.STATUS: _both("status"),
    Bucket.CURRENCY: _both("currency"),
    Bucket.ORDER_NUMBER: _always(gettext_lazy("Another order number at the gateway")),
    Bucket.DOUBLE_APPROVAL: _always(gettext_lazy("A second approval of the same order")),
    Bucket.TEST_PAYMENT: _always(gettext_lazy("It moved no money")),
}
