"""The page of one payment, read-only: its head, and everything that stands under it.

Plain values for the template. A field that is compared with the gateway's is in `comparison`, a
fact that is only ours to tell in `facts`, what happened in `timeline`.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from payments.admin.shared import personal_data
from payments.admin.shared.display import moment, status_badge, verification_badge, won
from payments.admin.shared.links import filters_of, list_url
from payments.models import Payment
from payments.selectors.discrepancies import of_payment
from payments.states import PaymentStatus

from .comparison import comparison
from .facts import groups
from .timeline import timeline


@dataclass(frozen=True, slots=True)
class Figure:
    """One sum in the head of the page."""

    label: str
    amount: str


def detail(payment: Payment, request: HttpRequest) -> dict[str, Any]:
    """Everything that the page shows; what this person may do is the screen's to say."""
    unmasked = personal_data.is_unmasked(request)
    may_see_discrepancies = request.user.has_perm("payments.view_discrepancy")
    return {
        "title": payment.merchant_uid,
        "subtitle": None,
        "unmasked": unmasked,
        "filters": filters_of(request),
        "list_url": list_url(request),
        "groups": groups(payment, request, unmasked=unmasked),
        **head(payment),
        **comparison(payment),
        **timeline(payment, request, unmasked=unmasked),
        "discrepancies": of_payment(payment) if may_see_discrepancies else [],
    }


def head(payment: Payment) -> dict[str, object]:
    """What stands above everything: what it is, and how much."""
    return {
        "status": status_badge(payment),
        "verification": verification_badge(payment),
        "verified_at": moment(payment.verified_at) if payment.verified_at else "",
        "figures": _figures(payment),
    }


def _figures(payment: Payment) -> list[Figure]:
    """The amount; what went back and what is left, once money has come in."""
    gross = Figure(_("amount"), won(payment.amount))
    if payment.status not in {PaymentStatus.PAID, PaymentStatus.CANCELLED}:
        return [gross]
    return [
        gross,
        Figure(_("refunded amount"), won(payment.cancelled_amount)),
        Figure(_("net amount"), won(payment.net_amount)),
    ]
