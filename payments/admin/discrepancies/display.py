"""A discrepancy in words: what differs, each side's figures, whose it is, how old.

A difference is always said in words besides its colour. A new `Bucket` gets its look in
`BUCKET_LOOKS` and, if one field shows it, its words in `_DIFFERENCES`.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.admin.payments.comparison import shown
from payments.admin.shared.display import NOTHING, age, badge, moment
from payments.core.kst import stamp
from payments.core.money import WON, won
from payments.models import Bucket, ClosingReason, Discrepancy
from payments.selectors.discrepancies import FIELD_OF, Figures, currency_of, figures, foreign_stake
from payments.states import status_words

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
Say = Callable[[Figures, Figures], str]


def bucket_badge(discrepancy: Discrepancy) -> SafeString:
    """In what the two sides differ."""
    bucket = Bucket(discrepancy.bucket)
    return badge(BUCKET_LOOKS[bucket], bucket.label)


def state_badge(discrepancy: Discrepancy) -> SafeString:
    """Open, or closed with its reason."""
    if discrepancy.is_open:
        again = discrepancy.times_opened > 1
        words = _("Opened again") if again else pgettext("discrepancy", "Open")
        return badge("wait", words)
    by_itself = discrepancy.closing_reason == ClosingReason.AGREES
    words = _("Closed by itself") if by_itself else pgettext("discrepancy", "Closed")
    return badge("good" if by_itself else "quiet", words)


def closing_words(discrepancy: Discrepancy) -> str:
    """Why it was closed, "" while it is open."""
    return "" if discrepancy.is_open else str(ClosingReason(discrepancy.closing_reason).label)


def owner_words(discrepancy: Discrepancy) -> str:
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


def side_cell(discrepancy: Discrepancy, *, ours: bool) -> SafeString:
    """One side: how much, what became of it; the figure that differs is marked."""
    side = figures(discrepancy.ours if ours else discrepancy.theirs)
    if side is None:
        return format_html('<span class="absent">{}</span>', _("None"))
    about = FIELD_OF.get(discrepancy.bucket)
    lines = [("amount", money(side, "amount")), ("status", _said("status", side))]
    if side.get("cancelled_amount") or about == "cancelled_amount":
        words = f"{pgettext('amount', 'Refunded')} {money(side, 'cancelled_amount')}"
        lines.append(("cancelled_amount", words))
    if about in {"merchant_uid", "imp_uid"}:
        lines.append((about, str(side.get(about) or NOTHING)))
    marks = frozenset[str]() if _settled(discrepancy) else _marked(about)
    marked = ((name, " differs" if name in marks else "", words) for name, words in lines)
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


def stake_words(discrepancy: Discrepancy) -> str:
    """What is at stake; in another currency it counts in no total."""
    if foreign := foreign_stake(discrepancy):
        return _("%(amount)s (not in the totals)") % {"amount": foreign}
    return won(discrepancy.amount)


# What is over, by how it was closed: both sides are those of today, and say the same.
_SETTLED = {
    ClosingReason.AGREES.value: gettext_lazy("None: both sides agree"),
    ClosingReason.TAKEN_IN.value: gettext_lazy("None: taken in as a payment"),
}


def _settled(discrepancy: Discrepancy) -> Promise | None:
    return None if discrepancy.is_open else _SETTLED.get(discrepancy.closing_reason)


def difference_words(discrepancy: Discrepancy) -> str:
    """What differs, and by how much."""
    if settled := _settled(discrepancy):
        return str(settled)
    ours, theirs = figures(discrepancy.ours), figures(discrepancy.theirs)
    say = _DIFFERENCES.get(discrepancy.bucket)
    return say(ours or {}, theirs or {}) if say else str(Bucket(discrepancy.bucket).label)


def _by(name: str, more: str | Promise, less: str | Promise) -> Say:
    def words(ours: Figures, theirs: Figures) -> str:
        left, right = ours.get(name), theirs.get(name)
        if not isinstance(left, int) or not isinstance(right, int):
            return _both(name)(ours, theirs)
        return str(more if right > left else less) % {"amount": won(abs(right - left))}

    return words


def _both(name: str) -> Say:
    def words(ours: Figures, theirs: Figures) -> str:
        values = {"ours": _said(name, ours), "theirs": _said(name, theirs)}
        return str(_("Here: %(ours)s · Gateway: %(theirs)s") % values)

    return words


def _said(name: str, side: Figures) -> str:
    value = side.get(name)
    if name == "status" and value:
        sums = {one: side.get(one) for one in ("amount", "cancelled_amount")}
        return str(status_words(str(value), **sums))
    return str(value or NOTHING)


def _one(words: str | Promise) -> Say:
    return lambda ours, theirs: str(words)


_DIFFERENCES: dict[str, Say] = {
    Bucket.MISSING_HERE: _one(gettext_lazy("Only at the gateway")),
    Bucket.MISSING_THERE: _one(gettext_lazy("Only here")),
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
    Bucket.ORDER_NUMBER: _one(gettext_lazy("Another order number at the gateway")),
    Bucket.DOUBLE_APPROVAL: _one(gettext_lazy("A second approval of the same order")),
    Bucket.TEST_PAYMENT: _one(gettext_lazy("It moved no money")),
}


def value_words(name: str, value: object, side: Figures | None) -> str | SafeString:
    """One figure of one side, for the comparison."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in {"amount", "cancelled_amount"} and value not in ("", None):
        return money(side or {}, name)
    if isinstance(value, datetime):
        return moment(value)
    return shown(name, value, side or {})


def plain_words(name: str, value: object, side: Figures | None) -> str:
    """The same as plain text: part of a sentence that is escaped as a whole."""
    return stamp(value) if isinstance(value, datetime) else str(value_words(name, value, side))
