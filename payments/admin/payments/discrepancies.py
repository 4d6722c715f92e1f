"""The discrepancies of one payment, for the payment's own page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from payments.admin.shared import discrepancy_display as display
from payments.models import Discrepancy, Payment
from payments.selectors.discrepancies import of_payment


@dataclass(frozen=True, slots=True)
class Boxed:
    """One discrepancy in a line or two."""

    address: str
    bucket: SafeString
    state: SafeString
    difference: str
    owner: str
    found: SafeString
    closing: str


def payment_discrepancies(payment: Payment, request: HttpRequest) -> list[Boxed]:
    """Those that this person may see, the open ones first."""
    if not request.user.has_perm("payments.view_discrepancy"):
        return []
    return [_boxed(one) for one in of_payment(payment)]


def _boxed(discrepancy: Discrepancy) -> Boxed:
    return Boxed(
        address=reverse("admin:payments_discrepancy_change", args=[discrepancy.pk]),
        bucket=display.bucket_badge(discrepancy),
        state=display.state_badge(discrepancy),
        difference=display.difference_label(discrepancy),
        owner=display.owner_label(discrepancy),
        found=display.found_ago(discrepancy),
        closing=display.closing_label(discrepancy),
    )
