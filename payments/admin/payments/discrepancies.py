"""The discrepancies of one payment, for the payment's own page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from payments.admin.shared import discrepancy_display as display
from payments.models import Discrepancy, Payment
from payments.selectors.discrepancies import of_payment


@dataclass(frozen=True, slots=True)
class DiscrepancyLine:
    """One discrepancy in a line or two."""

    url: str
    bucket: SafeString
    state: SafeString
    difference: str
    owner: str
    found_ago: SafeString
    closing: str


def payment_discrepancies(payment: Payment, request: HttpRequest) -> list[DiscrepancyLine]:
    """Those that this person may see, the open ones first."""
    if not request.user.has_perm("payments.view_discrepancy"):
        return []
    return [_line(discrepancy) for discrepancy in of_payment(payment)]


def _line(discrepancy: Discrepancy) -> DiscrepancyLine:
    return DiscrepancyLine(
        url=reverse("admin:payments_discrepancy_change", args=[discrepancy.pk]),
        bucket=display.bucket_badge(discrepancy),
        state=display.state_badge(discrepancy),
        difference=display.difference_label(discrepancy),
        owner=display.owner_label(discrepancy),
        found_ago=display.found_ago(discrepancy),
        closing=display.closing_label(discrepancy),
    )
