"""How one value looks on a staff screen: money, moments, statuses, buttons.

A status is always a word with a shape and a colour, never a colour alone. To give a status another
look, change its table below; the shapes are drawn in static/payments/admin/components/badge.css.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape

from django.contrib.admin.utils import display_for_value
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy, pgettext

from payments import pay_methods, pg_providers
from payments.core.kst import stamp
from payments.core.money import with_separators
from payments.core.money import won as won  # a look like the others: screens take it from here
from payments.models import DeliveryOutcome, Movement, Payment, WebhookDelivery, WebhookReplay
from payments.selectors.payments.customers import called
from payments.selectors.payments.flags import Shown
from payments.states import MovementKind, PaymentStatus

NOTHING = "–"

STATUS_LOOKS = {
    PaymentStatus.READY: "wait",
    PaymentStatus.PAID: "good",
    PaymentStatus.FAILED: "bad",
    PaymentStatus.CANCELLED: "note",
}
VERIFICATION_LOOKS = {
    Shown.NEVER: "quiet",
    Shown.MATCHED: "good",
    Shown.MISMATCHED: "bad",
    Shown.ACCEPTED: "note",
    Shown.NOT_FOUND: "wait",
    Shown.UNKNOWN: "wait",
}
MOVEMENT_LOOKS = {
    MovementKind.APPROVAL: "good",
    MovementKind.REFUND: "note",
    MovementKind.REFUND_REVERSAL: "wait",
    MovementKind.CORRECTION: "quiet",
}
OUTCOME_LOOKS = {
    DeliveryOutcome.RECEIVED: "quiet",
    DeliveryOutcome.NOT_YET: "wait",
    DeliveryOutcome.APPLIED: "good",
    DeliveryOutcome.BODY_DISAGREED: "note",
    DeliveryOutcome.HARMLESS: "quiet",
    DeliveryOutcome.MISMATCHED: "bad",
    DeliveryOutcome.FORGED: "bad",
    DeliveryOutcome.UNKNOWN_ORDER: "wait",
    DeliveryOutcome.TEST_CALL: "quiet",
    DeliveryOutcome.INVALID: "wait",
    DeliveryOutcome.FAILED: "bad",
}


def signed_won(amount: int) -> str:
    """Money in with a plus, money out with a minus."""
    return f"{'−' if amount < 0 else '+' if amount else ''}{won(abs(amount))}"


def balance(amount: int) -> str:
    """Won that may be below zero, as a net: with a minus where it is."""
    return f"{'−' if amount < 0 else ''}{won(abs(amount))}"


def number(amount: int) -> str:
    """-1000 -> "−1,000"; a true minus sign, as wide as a figure."""
    return f"{'−' if amount < 0 else ''}{with_separators(abs(amount))}"


def signed_number(amount: int) -> str:
    """1000 -> "+1,000", -1000 -> "−1,000"."""
    return f"{'−' if amount < 0 else '+' if amount else ''}{with_separators(abs(amount))}"


def taken_off(amount: int) -> str:
    """Money that went back, where it stands beside money that came in: 1000 -> "−1,000"."""
    return number(-amount)


def taken_off_won(amount: int) -> str:
    """The same with its currency."""
    return balance(-amount)


def moment(value: datetime | None) -> SafeString | str:
    """A time in the reader's zone with the zone's name; UTC in the tooltip, read aloud."""
    if not value:
        return NOTHING
    in_utc = stamp(value, UTC)
    # Figures and names of zones: nothing to escape, and a list shows a hundred of them.
    return SafeString(
        f'<time datetime="{value.astimezone(UTC).isoformat(timespec="seconds")}" title="{in_utc}">'
        f"{stamp(value, timezone.get_current_timezone())}"
        f'<span class="visually-hidden"> ({in_utc})</span></time>'
    )


def utc(value: datetime) -> str:
    """A time as machines tell it, for a tooltip."""
    return stamp(value, UTC)


_AGES = (
    (86_400, ngettext_lazy("%(number)s day ago", "%(number)s days ago", "number")),
    (3_600, ngettext_lazy("%(number)s hour ago", "%(number)s hours ago", "number")),
    (60, ngettext_lazy("%(number)s minute ago", "%(number)s minutes ago", "number")),
)


def age(value: datetime, now: datetime | None = None) -> str:
    """How long ago: "3분 전"."""
    seconds = int(((now or timezone.now()) - value).total_seconds())
    for size, label in _AGES:
        if seconds >= size:
            return str(label % {"number": seconds // size})
    return _("just now")


def percent(part: float) -> str:
    """0.943 -> "94.3%"."""
    return f"{part * 100:.1f}%"


def day_label(day: date) -> str:
    """2026-04-01 (Wed), 2026-04-01 (수): Django's short Korean names of days are the long ones."""
    return f"{day} ({str(WEEKDAYS_ABBR[day.weekday()]).removesuffix('요일')})"


def duration(seconds: float) -> str:
    """How long: "3 min 20 s"."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": left}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)s s") % {"seconds": rest}


def took(start: datetime | None, end: datetime | None) -> str:
    """How long something took that began then, or takes by now if it has not ended."""
    if not start:
        return NOTHING
    return duration(((end or timezone.now()) - start).total_seconds())


def clock(value: datetime | None) -> str:
    """A time of today, in the reader's zone."""
    return f"{timezone.localtime(value):%H:%M:%S %Z}" if value else NOTHING


def badge(look: str, label: object) -> SafeString:
    """Words with a shape and a colour."""
    return _badge(look, str(label))


@lru_cache(maxsize=1_000)
def _badge(look: str, words: str) -> SafeString:
    """A list shows few of them, each many times."""
    return format_html('<span class="badge {}">{}</span>', look, words)


def yes_or_no(value: bool) -> str:
    """Django's own sign for it, with the word for who can't see it."""
    return str(display_for_value(value, NOTHING, boolean=True))


def instalments(months: int | None) -> str:
    """Over how many months a card is charged; "" where no card was named."""
    if months is None:
        return ""
    if months == 0:
        return pgettext("instalments", "Lump sum")
    return ngettext("%(months)s month", "%(months)s months", months) % {"months": months}


def no_money_badge(payment: Payment) -> SafeString:
    """That no money moved; nothing for real payments."""
    return badge("quiet", _("Test payment")) if payment.is_test else SafeString("")


def status_badge(payment: Payment) -> SafeString:
    """The status in words."""
    return badge(STATUS_LOOKS[PaymentStatus(payment.status)], payment.status_label)


def verification_badge(verification: Shown) -> SafeString:
    """Whether it agrees with the gateway, as far as is known and as people have decided."""
    return badge(VERIFICATION_LOOKS[verification], verification.label)


def movement_badge(movement: Movement) -> SafeString:
    """How money moved."""
    kind = MovementKind(movement.kind)
    return badge(MOVEMENT_LOOKS[kind], kind.label)


def movement_notes(movement: Movement) -> str:
    """What is unusual about it, "" for nothing."""
    notes = [
        _("Another attempt") if not movement.is_own else "",
        _("Derived from a sum") if movement.is_derived else "",
        _("Test payment") if movement.is_test else "",
    ]
    return " · ".join(filter(None, notes))


def pg_and_mid(movement: Movement) -> str:
    """At which PG and merchant id money moved, "" where the gateway told neither."""
    known = [pg_providers.label(movement.pg_provider), movement.pg_id]
    return " ".join(filter(None, known))


def approval_number(movement: Movement) -> str:
    """The card's approval number, which is that of the order's own attempt; "" for none."""
    return movement.payment.apply_num if movement.is_own else ""


def outcome_badge(row: WebhookDelivery | WebhookReplay) -> SafeString:
    """What came of a webhook, or of processing it again."""
    outcome = DeliveryOutcome(row.outcome)
    return badge(OUTCOME_LOOKS[outcome], outcome.label)


def person(who: AbstractBaseUser | None) -> str:
    """Somebody of the staff, "" for nobody."""
    return called(who, unmasked=True) if who is not None else ""


def email_cell(email: str) -> SafeString:
    """An e-mail address, which may break before its @."""
    name, at, domain = email.partition("@")
    return SafeString(f"{escape(name)}<wbr>{at}{escape(domain)}")


def code(value: str) -> SafeString | str:
    """An id, in figures of one width; a dash for none."""
    return format_html('<code class="id">{}</code>', value) if value else NOTHING


def pay_method(value: str) -> str:
    """The payment method in words."""
    return pay_methods.label(value) or NOTHING


def pg_provider(value: str) -> str:
    """The PG by its name."""
    return pg_providers.label(value) or NOTHING
