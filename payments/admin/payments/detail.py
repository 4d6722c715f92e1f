"""The page of one payment, read-only, and its buttons. `page` puts together what it shows."""

from typing import Any

from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff
from payments.admin.shared.links import back_address, filters_of, list_address
from payments.admin.shared.verify_result import report, verify_one
from payments.models import Payment
from payments.services.notes import MAX_NOTE
from payments.services.open_orders.mark_failed import NOT_OPEN
from payments.states import PaymentStatus

from . import comparison, facts
from .discrepancies import payment_discrepancies
from .mark_failed import mark_failed_view
from .notes import note_view
from .permissions import PaymentPermissions


class PaymentPage(PaymentPermissions):
    """The change form without a form."""

    fieldsets = ((None, {"fields": ()}),)  # the page is `page.py`, not a form

    def page_context(self, request: HttpRequest, payment: Payment) -> dict[str, Any]:
        unmasked = personal_data.is_unmasked(request)
        return {
            "title": payment.merchant_uid,
            "subtitle": None,
            "unmasked": unmasked,
            "filters": filters_of(request),
            "list_address": list_address(request),
            "groups": facts.groups(payment, request, unmasked=unmasked),
            **comparison.head(payment),
            **comparison.compared(payment),
            **comparison.timeline(payment, request, unmasked=unmasked),
            "discrepancies": payment_discrepancies(payment, request),
            **self._may_context(request, payment),
        }

    def _may_context(self, request: HttpRequest, payment: Payment) -> dict[str, Any]:
        """What this person may do now; for what only the state forbids, why."""
        may_fail = self.has_mark_failed_permission(request)
        is_open = payment.status == PaymentStatus.READY
        return {
            "may_verify": self.has_verify_permission(request),
            "may_fail": may_fail and is_open,
            "why_not_fail": NOT_OPEN if may_fail and not is_open else "",
            "may_note": self.has_note_permission(request),
            "max_note": MAX_NOTE,
            "may_decide": payment.user_id is None and self.has_customer_permission(request),
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_payment_{}".format
        ours = [
            path("mark-failed/", view(self.mark_failed_view), name=name("mark_failed")),
            path("<int:pk>/verify/", view(self.verify_view), name=name("verify")),
            path("<int:pk>/note/", view(self.note_view), name=name("note")),
        ]
        return [*ours, *super().get_urls()]

    def verify_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The Re-verify buttons in the rows and on the page."""
        require(self.has_verify_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        payment = get_object_or_404(Payment, pk=pk)
        report(request, [verify_one(payment, staff(request))])
        return HttpResponseRedirect(back_address(request, pk))

    def mark_failed_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `failing.py`."""
        return mark_failed_view(self, request)

    def note_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """See `notes.py`."""
        return note_view(self, request, pk)
