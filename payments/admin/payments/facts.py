"""The facts of a payment, in groups: what finance matches by, and who bought.

What is compared with the gateway's answer stands in `comparison` as well; here it stands without a
table around it. To show another fact: its name in `_GROUPS`, and in `_SHOWN` if it is more than its
text. What nobody has told has no line.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared import personal_data
from payments.admin.shared.display import instalments, moment, pay_method, pg_provider
from payments.core.text import web_url
from payments.models import Payment
from payments.models.payment import ASIDE

Words = str | SafeString | Promise

_GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (
        pgettext_lazy("purchase", "Order"),
        ("name", "requested_at", "imp_uid", "fail_reason", "cancel_reason"),
    ),
    (
        _("Payment"),
        (
            *("pay_method", "pg_provider", "pg_id", "pg_tid", "apply_num"),
            *("card_name", "card_number", "card_quota", "bank_name"),
            *("escrow", "is_test", "receipt_url"),
        ),
    ),
    (_("Virtual account"), ("vbank_name", "vbank_num", "vbank_holder", "vbank_due")),
)


def _link(url: str) -> Words:
    """Never to anything but a web page."""
    html = '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>'
    return format_html(html, url, _("Open the receipt")) if web_url(url) else ""


_COPIED = frozenset({"imp_uid", "pg_tid", "apply_num", "vbank_num"})
_YES = _("Yes")
_SHOWN: dict[str, Callable[[Payment], Words]] = {
    "requested_at": lambda payment: moment(payment.requested_at),
    "vbank_due": lambda payment: moment(payment.vbank_due) if payment.vbank_due else "",
    "pay_method": lambda payment: pay_method(payment.pay_method) if payment.pay_method else "",
    "pg_provider": lambda payment: pg_provider(payment.pg_provider) if payment.pg_provider else "",
    "card_number": lambda payment: payment.card_shown,
    "card_quota": lambda payment: instalments(payment.card_quota),
    "receipt_url": lambda payment: _link(payment.receipt_url),
    "escrow": lambda payment: _YES if payment.escrow else "",
    "is_test": lambda payment: _("Yes: it moved no money") if payment.is_test else "",
}
_LABELS = {"card_number": _("card number")}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line."""

    label: Words
    value: Words
    is_copied: bool = False


def fact_groups(payment: Payment) -> list[tuple[str | Promise, list[Fact]]]:
    """Everything that is told of it, under its headings."""
    groups = ((heading, list(_facts(payment, names))) for heading, names in _GROUPS)
    return [(heading, facts) for heading, facts in groups if facts]


def buyer_facts(payment: Payment, *, unmasked: bool) -> list[Fact]:
    """Who bought and who paid in, as this person may see it."""
    return [
        Fact(Payment.label(name), personal_data.text(value, unmasked=unmasked))
        for name in ASIDE
        if (value := getattr(payment, name))
    ]


def _facts(payment: Payment, names: tuple[str, ...]) -> Iterator[Fact]:
    for name in names:
        shown = _SHOWN.get(name)
        value = shown(payment) if shown else getattr(payment, name)
        if value:
            label = _LABELS.get(name) or Payment.label(name)
            yield Fact(label, value, is_copied=name in _COPIED)
