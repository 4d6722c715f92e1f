"""Facts about a payment that are only ours to tell: who ordered what, and what it is waiting for.

What the gateway has a word on too stands in `comparison`. To show another fact, add it
to its group below.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared import personal_data
from payments.admin.shared.display import NOTHING, moment
from payments.admin.shared.links import payment_list
from payments.models import Payment
from payments.states import PaymentStatus

Value = str | SafeString


@dataclass(frozen=True, slots=True)
class Group:
    """Facts under one heading."""

    title: str
    facts: list[tuple[str | Promise, Value]]


def groups(payment: Payment, request: HttpRequest, *, unmasked: bool) -> list[Group]:
    """The customer, the order, and the virtual account where there is one."""
    always = [_customer(payment, request, unmasked=unmasked), _order(payment)]
    return [*always, _account(payment)] if payment.vbank_num else always


def _customer(payment: Payment, request: HttpRequest, *, unmasked: bool) -> Group:
    if payment.user_id is None:
        return Group(_("Customer"), [(_("customer"), personal_data.email(None, unmasked=unmasked))])
    others = format_html(
        '<a href="{}">{}</a>',
        payment_list(f"user={payment.user_id}"),
        _("All payments of this customer"),
    )
    facts: list[tuple[str | Promise, Value]] = [
        (_("customer"), _person(payment, request, unmasked=unmasked)),
        (_("other payments"), others),
    ]
    return Group(_("Customer"), facts)


def _person(payment: Payment, request: HttpRequest, *, unmasked: bool) -> Value:
    name = personal_data.email(payment.user, unmasked=unmasked)
    # The people's screen has rights of its own.
    people = get_user_model()._meta
    if not request.user.has_perm(f"{people.app_label}.view_{people.model_name}"):
        return name
    url = reverse(f"admin:{people.app_label}_{people.model_name}_change", args=[payment.user_id])
    return format_html('<a href="{}">{}</a>', url, name)


def _order(payment: Payment) -> Group:
    facts: list[tuple[str | Promise, Value]] = [
        (_("order name"), payment.name),
        (_("ordered"), moment(payment.requested_at)),
        (_("receipt"), receipt(payment)),
    ]
    if payment.status == PaymentStatus.FAILED:
        facts.append((_("reason of failure"), payment.fail_reason or NOTHING))
    return Group(pgettext("purchase", "Order"), facts)


def receipt(payment: Payment) -> Value:
    """A link to the PG's receipt; never to anything but a web page."""
    if not payment.receipt_url.startswith(("https://", "http://")):
        return NOTHING
    link = '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>'
    return format_html(link, payment.receipt_url, _("Open the receipt"))


def _account(payment: Payment) -> Group:
    return Group(
        _("Virtual account"),
        [
            (_("bank"), payment.vbank_name or NOTHING),
            (_("virtual account"), payment.vbank_num),
            (_("account holder"), payment.vbank_holder or NOTHING),
            (_("deposit until"), moment(payment.vbank_due)),
        ],
    )
