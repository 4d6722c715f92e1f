"""How one value looks on a staff screen: money, moments, statuses, buttons.

A status is always a word with a shape and a colour, never a colour alone. To give a status another
look, change its table below; the shapes are drawn in static/payments/admin/admin.css.
"""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, get_select2_language
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments import pay_methods
from payments.kst import stamp
from payments.models import DeliveryOutcome, Payment, WebhookDelivery
from payments.money import with_separators
from payments.states import PaymentStatus, Verification

NOTHING = "–"

STATUS_LOOKS = {
    PaymentStatus.READY: "wait",
    PaymentStatus.PAID: "good",
    PaymentStatus.FAILED: "bad",
    PaymentStatus.CANCELLED: "note",
}
VERIFICATION_LOOKS = {
    Verification.NEVER: "quiet",
    Verification.MATCHED: "good",
    Verification.MISMATCHED: "bad",
    Verification.NOT_FOUND: "wait",
    Verification.UNKNOWN: "wait",
}
OUTCOME_LOOKS = {
    DeliveryOutcome.RECEIVED: "quiet",
    DeliveryOutcome.APPLIED: "good",
    DeliveryOutcome.HARMLESS: "quiet",
    DeliveryOutcome.MISMATCHED: "bad",
    DeliveryOutcome.FORGED: "bad",
    DeliveryOutcome.UNKNOWN_ORDER: "wait",
    DeliveryOutcome.TEST_CALL: "quiet",
    DeliveryOutcome.INVALID: "wait",
    DeliveryOutcome.FAILED: "bad",
}


def won(amount: int) -> str:
    """12345 -> "12,345원" or "₩12,345", by language."""
    return _("₩%(amount)s") % {"amount": with_separators(amount)}


def amount_cell(payment: Payment) -> SafeString:
    """The amount; beneath it what was refunded and what is left, where only a part was."""
    gross = format_html('<span class="won">{}</span>', won(payment.amount))
    if not payment.is_partly_cancelled:
        return gross
    return format_html(
        '{}<span class="won small">{} {}</span><span class="won small">{} {}</span>',
        gross,
        pgettext("amount", "Refunded"),
        won(payment.cancelled_amount),
        pgettext("amount", "Net"),
        won(payment.net_amount),
    )


def moment(value: datetime | None) -> SafeString | str:
    """A time in the reader's zone with the zone's name; UTC in the tooltip."""
    if value is None:
        return NOTHING
    utc = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.isoformat(timespec="seconds"),
        stamp(utc, UTC),
        stamp(value, timezone.get_current_timezone()),
    )


def badge(look: str, words: object) -> SafeString:
    """Words with a shape and a colour."""
    return format_html('<span class="badge {}">{}</span>', look, words)


def status_badge(payment: Payment) -> SafeString:
    """The status in words."""
    return badge(STATUS_LOOKS[PaymentStatus(payment.status)], payment.status_words)


def verification_badge(payment: Payment) -> SafeString:
    """What the last question to the gateway brought."""
    verification = Verification(payment.verification)
    return badge(VERIFICATION_LOOKS[verification], verification.label)


def outcome_badge(delivery: WebhookDelivery) -> SafeString:
    """What came of a webhook."""
    outcome = DeliveryOutcome(delivery.outcome)
    return badge(OUTCOME_LOOKS[outcome], outcome.label)


def person(user: object) -> SafeString:
    """A name; an e-mail address may break before its @."""
    name, at, domain = str(user).partition("@")
    return format_html("{}<wbr>{}{}", name, at, domain)


def pay_method(value: str) -> str:
    """The payment method in words."""
    return pay_methods.words(value) or NOTHING


def verify_button(payment: Payment) -> SafeString:
    """Submits the list's own form to another address: a form inside a form is not allowed."""
    return format_html(
        '<button class="row-button" formaction="{}" aria-label="{}">{}</button>',
        reverse("admin:payments_payment_verify", args=[payment.pk]),
        _("Re-verify %(number)s") % {"number": payment.merchant_uid},
        _("Re-verify"),
    )


class CommaCheckboxes(forms.CheckboxSelectMultiple):
    """Many values: repeated (?status=paid&status=failed) or with commas (?status=paid,failed)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        texts = super().value_from_datadict(data, files, name) or []
        values = [part.strip() for text in texts for part in text.split(",")]
        return list(dict.fromkeys(value for value in values if value))


class CustomerSelect(AutocompleteSelect):
    """Django's autocomplete, asking an address that needs no right to see all accounts."""

    def get_url(self) -> str:
        return reverse("admin:payments_payment_customers")

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """The chosen customer. Django's own would crash on an id that is none."""
        ids = [one for one in value if one.isascii() and one.isdigit() and len(one) < 19]
        return super().optgroups(name, ids or [""], attr)

    @property
    def i18n_name(self) -> str | None:
        """The language of the reader, not of the moment at which this class was imported."""
        return get_select2_language()

    @i18n_name.setter
    def i18n_name(self, name: str | None) -> None:
        pass
