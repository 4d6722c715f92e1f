"""The page of one payment, read-only, and its buttons. `page` puts together what it shows."""

from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from payments.models import Payment
from payments.states import PaymentStatus

from . import page
from .actions import require, staff, verify_one
from .failing import mark_failed_view
from .navigation import back_address, filters_of, list_address
from .outcomes import report
from .payment_permissions import PaymentPermissions


class PaymentPage(PaymentPermissions):
    """The change form without a form."""

    fieldsets = ((None, {"fields": ()}),)  # the page is `page.py`, not a form

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Payment | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= self._page(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _page(self, request: HttpRequest, payment: Payment) -> dict[str, Any]:
        may_fail = self.has_mark_failed_permission(request)
        context: dict[str, Any] = {
            "title": payment.merchant_uid,
            "subtitle": None,
            "groups": page.groups(payment, request),
            "may_verify": self.has_verify_permission(request),
            "may_fail": may_fail and payment.status == PaymentStatus.READY,
            "filters": filters_of(request),
            "list_address": list_address(request),
            **page.compared(payment),
        }
        if request.user.has_perm("payments.view_paymentevent"):
            context |= page.timeline(payment)
        if request.user.has_perm("payments.view_webhookdelivery"):
            context["deliveries"] = page.deliveries(payment)
        return context

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_payment_{}".format
        ours = [
            path("mark-failed/", view(self.mark_failed_view), name=name("mark_failed")),
            path("<int:pk>/verify/", view(self.verify_view), name=name("verify")),
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
