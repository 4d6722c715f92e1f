"""The page of one payment, read-only: what it shows, and to whom.

A field that is compared with the gateway's is in `comparison`, what is known besides in `facts`,
what happened in `timeline`. How facts look is written in the template:
templates/admin/payments/payment/page/facts.html.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse

from payments.admin.shared import personal_data
from payments.admin.shared.display import verification_badge
from payments.admin.shared.links import filters_of, list_url
from payments.models import Payment
from payments.selectors.discrepancies import of_payment
from payments.selectors.movements import of_payment_by_time
from payments.selectors.payments.flags import Shown, open_attempts, shown
from payments.services.access_log import MAX_REASON, MIN_REASON
from payments.states import Finding

from .comparison import comparison
from .facts import buyer_facts, fact_groups
from .timeline import timeline


def detail(payment: Payment, request: HttpRequest) -> dict[str, Any]:
    """Everything that the page shows; what this person may do is the screen's to say."""
    unmasked = personal_data.is_unmasked(request)
    attempts = open_attempts(payment)
    may_see_discrepancies = request.user.has_perm("payments.view_discrepancy")
    movements = of_payment_by_time(payment)
    read_as = shown(payment, flagged=bool(attempts))
    # First: it learns of everybody on the page whether their address is confirmed.
    happened = timeline(payment, request, unmasked=unmasked)
    return {
        "title": payment.merchant_uid,
        "subtitle": None,
        "unmasked": unmasked,
        "filters": filters_of(request),
        "list_url": list_url(request),
        "customer": personal_data.email(payment.user, unmasked=unmasked),
        "customer_url": _customer_url(payment, request),
        "buyer": buyer_facts(payment, unmasked=unmasked),
        "facts": fact_groups(payment),
        "reason_min": MIN_REASON,
        "reason_max": MAX_REASON,
        **comparison(payment, open_attempts=attempts, movements=movements),
        # The template's name for the finding that a person can clear up here.
        "refund_gone": Finding.REFUND_GONE,
        **happened,
        "verification": verification_badge(read_as),
        "accepted": read_as == Shown.ACCEPTED,
        "movements": movements,
        "discrepancies": of_payment(payment) if may_see_discrepancies else [],
    }


def _customer_url(payment: Payment, request: HttpRequest) -> str:
    """The customer's own page; "" without a right to the people's screen."""
    people = get_user_model()._meta
    if not request.user.has_perm(f"{people.app_label}.view_{people.model_name}"):
        return ""
    return reverse(f"admin:{people.app_label}_{people.model_name}_change", args=[payment.user_id])
