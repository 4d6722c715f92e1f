"""The page of one payment: facts in groups, the order beside the gateway's answer, what happened.

Plain values for the template; the reading is done by `selectors.admin_page`. To show another fact,
add it to its group below.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.models import Payment, WebhookDelivery
from payments.selectors import admin_page
from payments.selectors.admin_page import Agreement, ComparedField
from payments.services.verification import last_answer
from payments.states import PaymentStatus

from .event import timeline_row
from .widgets import (
    NOTHING,
    badge,
    moment,
    outcome_badge,
    pay_method,
    status_badge,
    verification_badge,
    won,
)

Value = str | SafeString


@dataclass(frozen=True, slots=True)
class Group:
    """Facts under one heading."""

    title: str
    facts: list[tuple[str | Promise, Value]]


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One field of the comparison in words."""

    label: str | Promise
    ours: Value
    theirs: Value
    verdict: SafeString
    differs: bool


def groups(payment: Payment, request: HttpRequest) -> list[Group]:
    """All facts about the payment; a virtual account only where there is one."""
    shown = [_order(payment, request), _money(payment), _gateway(payment), _times(payment)]
    return [*shown, _account(payment)] if payment.vbank_num else shown


def _order(payment: Payment, request: HttpRequest) -> Group:
    return Group(
        pgettext("purchase", "Order"),
        [
            (_("order number"), payment.merchant_uid),
            (_("order name"), payment.name),
            (_("customer"), _customer(payment, request)),
            (_("status"), status_badge(payment)),
            (_("verification"), verification_badge(payment)),
        ],
    )


def _customer(payment: Payment, request: HttpRequest) -> Value:
    # The people's screen has rights of its own.
    people = get_user_model()._meta
    if not request.user.has_perm(f"{people.app_label}.view_{people.model_name}"):
        return str(payment.user)
    name = f"admin:{people.app_label}_{people.model_name}_change"
    address = reverse(name, args=[payment.user_id])
    return format_html('<a href="{}">{}</a>', address, payment.user)


def _money(payment: Payment) -> Group:
    return Group(
        _("Money"),
        [
            (_("amount"), won(payment.amount)),
            (_("refunded amount"), won(payment.cancelled_amount)),
            (_("net amount"), won(payment.net_amount)),
            (_("currency"), payment.currency),
        ],
    )


def _gateway(payment: Payment) -> Group:
    receipt: Value = NOTHING
    if payment.receipt_url:
        link = '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>'
        receipt = format_html(link, payment.receipt_url, _("Open the receipt"))
    return Group(
        _("Gateway"),
        [
            (_("PortOne payment id"), payment.imp_uid or NOTHING),
            (_("payment method"), pay_method(payment.pay_method)),
            (_("PG"), payment.pg_provider or NOTHING),
            (_("approval number"), payment.apply_num or NOTHING),
            (_("receipt"), receipt),
        ],
    )


def _times(payment: Payment) -> Group:
    facts: list[tuple[str | Promise, Value]] = [
        (_("ordered"), moment(payment.requested_at)),
        (_("payment date"), moment(payment.paid_at)),
        (_("refunded at"), moment(payment.cancelled_at)),
        (_("failed at"), moment(payment.failed_at)),
        (_("verified at"), moment(payment.verified_at)),
    ]
    if payment.status == PaymentStatus.FAILED:
        facts.append((_("reason of failure"), payment.fail_reason or NOTHING))
    return Group(_("Times"), facts)


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


def compared(payment: Payment) -> dict[str, object]:
    """The last answer and its fields, for the template; empty while there was no answer."""
    event = last_answer(payment)
    if event is None:
        return {}
    rows = [_compared_row(field) for field in admin_page.comparison(payment, event).fields]
    return {
        "answered": moment(event.recorded_at),
        "compared": rows,
        "differences": sum(row.differs for row in rows),
    }


_VERDICTS = {
    Agreement.SAME: "good",
    Agreement.DIFFERENT: "bad",
    Agreement.ONE_SIDED: "quiet",
}


def _compared_row(field: ComparedField) -> ComparedRow:
    words = {
        Agreement.SAME: _("same"),
        Agreement.DIFFERENT: _("differs"),
        Agreement.ONE_SIDED: _("only at the gateway"),
    }
    return ComparedRow(
        field.label,
        _shown(field.ours),
        _shown(field.theirs),
        badge(_VERDICTS[field.agreement], words[field.agreement]),
        field.agreement is Agreement.DIFFERENT,
    )


def _shown(value: object) -> Value:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, int):
        return won(value)
    return NOTHING if value in {"", None} else str(value)


def timeline(payment: Payment) -> dict[str, object]:
    """The newest events in words, and how many older ones are not shown."""
    rows = [timeline_row(event) for event in admin_page.timeline(payment)]
    return {"timeline": rows, "older_events": payment.version - len(rows)}


def deliveries(payment: Payment) -> list[tuple[str, Value, SafeString, WebhookDelivery]]:
    """(address, received, outcome, delivery) of the newest webhooks about this payment."""
    return [
        (
            reverse("admin:payments_webhookdelivery_change", args=[delivery.pk]),
            moment(delivery.received_at),
            outcome_badge(delivery),
            delivery,
        )
        for delivery in admin_page.deliveries(payment)
    ]
