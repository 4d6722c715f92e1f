"""Requests beside the list itself: its totals, one row drawn anew, saved views, customers to pick.

Each has an address of its own and asks for its permission. To add one: a method, its line in
`get_urls`.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import items_for_result
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from payments.admin.shared.access import require, staff
from payments.admin.shared.links import FILTERS
from payments.admin.shared.personal_data import email, on_record
from payments.admin.shared.verify_result import verify_one
from payments.errors import PaymentError
from payments.models import Payment
from payments.selectors.payments.search import customers
from payments.services import saved_views

from .changelist import BareChangeList, PaymentChangeList
from .permissions import PaymentPermissions
from .rows import as_rows
from .tabs import saved_query
from .totals import totals_bar

CUSTOMERS_A_PAGE = 20
# Deeper than anybody scrolls; a bound, because each page is an OFFSET.
MAX_CUSTOMER_PAGE = 50

ROW, TOTALS = "payments_payment_verify_row", "payments_payment_totals"
DELETE_VIEW = "payments_payment_delete_view"
PARTS = "admin/payments/payment"


class PaymentListParts(PaymentPermissions):
    """What the list fetches or posts besides its own page."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        ours = [
            path("totals/", view(self.totals_view), name=TOTALS),
            path("<int:pk>/verify-row/", view(self.verify_row_view), name=ROW),
            path("customers/", view(self.customers_view), name="payments_payment_customers"),
            path("views/", view(self.save_view), name="payments_payment_save_view"),
            path(
                "views/<int:pk>/delete/",
                view(self.delete_saved_view),
                name="payments_payment_delete_view",
            ),
        ]
        return [*ours, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PaymentChangeList]:
        match = request.resolver_match
        return BareChangeList if match and match.url_name in {ROW, TOTALS} else PaymentChangeList

    def totals_view(self, request: HttpRequest) -> HttpResponseBase:
        """The totals of the filtered set: for the list's place for them, or as a page."""
        require(self.has_view_permission(request))
        on_record(request)
        address, query = reverse("admin:payments_payment_changelist"), request.GET.urlencode()
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{address}?{query}")
        assert isinstance(found, BareChangeList)
        context = {"cl": found, "bar": totals_bar(found, found.totals)}
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, f"{PARTS}/totals.html", context)
        context |= self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Totals"),
            "list_address": f"{address}?{query}",
        }
        return TemplateResponse(request, f"{PARTS}/totals_page.html", context)

    def verify_row_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Re-verify one payment and draw its row anew, with what came of it."""
        require(self.has_view_permission(request) and self.has_verify_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        payment = get_object_or_404(Payment.objects.select_related("user"), pk=pk)
        result = verify_one(payment, staff(request))
        payment.refresh_from_db()
        unmasked = on_record(request, payment=payment)
        filters = request.GET.get(FILTERS, "")
        [row] = as_rows([payment], unmasked=unmasked, filters=filters, outcome=result.message)
        changelist = self.get_changelist_instance(request)
        context = {"cells": items_for_result(changelist, row, None), "result": result}
        return TemplateResponse(request, f"{PARTS}/row.html", context)

    def save_view(self, request: HttpRequest) -> HttpResponseBase:
        """Keep the list's filter under a name."""
        require(self.has_view_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        query = saved_query(QueryDict(request.POST.get("query", "")[: saved_views.MAX_QUERY]))
        try:
            view = saved_views.keep(
                owner=staff(request), name=request.POST.get("name", ""), query=query
            )
        except PaymentError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
        return self._to_list(query)

    def delete_saved_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Forget one of one's own views."""
        require(self.has_view_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        name = saved_views.forget(owner=staff(request), pk=pk)
        if name is not None:
            messages.success(request, _("“%(name)s” is no longer saved.") % {"name": name})
        return self._to_list(saved_query(QueryDict(request.POST.get("query", ""))))

    def _to_list(self, query: str) -> HttpResponseBase:
        address = reverse("admin:payments_payment_changelist")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    def customers_view(self, request: HttpRequest) -> HttpResponse:
        """Names for the filter by customer: one page at a time, no right on accounts needed."""
        require(self.has_view_permission(request))
        number = request.GET.get("page", "")
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
        term = request.GET.get("term", "").replace("\x00", "").strip()
        unmasked = on_record(request, query=urlencode([("customers", term), ("page", wanted)]))
        found, more = customers(
            term,
            page=min(max(wanted, 1), MAX_CUSTOMER_PAGE),
            size=CUSTOMERS_A_PAGE,
            unmasked=unmasked,
        )
        names = [{"id": str(pk), "text": email(one, unmasked=unmasked)} for pk, one in found]
        more = more and wanted < MAX_CUSTOMER_PAGE
        return JsonResponse({"results": names, "pagination": {"more": more}})
