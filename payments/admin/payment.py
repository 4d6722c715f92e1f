"""The payment screens: the list with its filters, the page of one payment, and its buttons.

Nothing is edited here: what can happen to a payment happens in `services`, through the actions in
`actions.py` and the addresses in `get_urls`. To add a column: a method below, its name in
`list_display`.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Payment
from payments.selectors.admin_list import MAX_CUSTOMERS, customers, search
from payments.states import PaymentStatus

from . import page
from .actions import ACTIONS, require, staff, verify_one
from .changelist import PaymentChangeList
from .export import csv_response
from .failing import mark_failed_view
from .filters import PaymentFilter
from .navigation import back_address, filters_of, list_address
from .outcomes import report
from .readonly import ReadOnlyAdmin
from .widgets import (
    amount_cell,
    moment,
    pay_method,
    person,
    status_badge,
    verification_badge,
    verify_button,
)

CUSTOMERS_A_PAGE = 20
# Deeper than anybody scrolls; a bound, because each page is an OFFSET.
MAX_CUSTOMER_PAGE = 50


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments as staff see them."""

    actions = ACTIONS
    list_display = [
        "merchant_uid",
        "customer",
        "order_name",
        "amount_words",
        "status_words",
        "method",
        "paid",
        "verified",
    ]
    list_select_related = ["user"]
    search_fields = ["merchant_uid"]  # switches the box on; see get_search_results
    sortable_by = ["amount_words", "paid"]
    fieldsets = ((None, {"fields": ()}),)  # the page is `page.py`, not a form

    # --- Who may ------------------------------------------------------------------------------

    def has_verify_permission(self, request: HttpRequest) -> bool:
        """Ask the gateway about a payment."""
        return request.user.has_perm("payments.verify_payment")

    def has_mark_failed_permission(self, request: HttpRequest) -> bool:
        """Close an open payment as failed."""
        return request.user.has_perm("payments.mark_failed_payment")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Take payments out of the house."""
        return request.user.has_perm("payments.export_payment")

    # --- The list -----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, payment: Payment) -> SafeString:
        return person(payment.user)

    @admin.display(description=gettext_lazy("order name"))
    def order_name(self, payment: Payment) -> str:
        return payment.name

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def amount_words(self, payment: Payment) -> SafeString:
        return amount_cell(payment)

    @admin.display(description=gettext_lazy("status"))
    def status_words(self, payment: Payment) -> SafeString:
        return status_badge(payment)

    @admin.display(description=gettext_lazy("payment method"))
    def method(self, payment: Payment) -> str:
        return pay_method(payment.pay_method)

    @admin.display(description=gettext_lazy("payment date"), ordering="paid_at")
    def paid(self, payment: Payment) -> SafeString | str:
        return moment(payment.paid_at)

    @admin.display(description=gettext_lazy("verification"))
    def verified(self, payment: Payment) -> SafeString:
        return verification_badge(payment)

    @admin.display(description=gettext_lazy("Re-verify"))
    def verify(self, payment: Payment) -> SafeString:
        return verify_button(payment)

    def get_list_display(self, request: HttpRequest) -> Any:
        buttons = ["verify"] if self.has_verify_permission(request) else []
        return [*super().get_list_display(request), *buttons]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PaymentChangeList]:
        return PaymentChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, too_many_customers = search(queryset, search_term)
        if too_many_customers and request.method == "GET":
            words = _("More than %(limit)s customers match. Write more of the e-mail address.")
            messages.warning(request, words % {"limit": f"{MAX_CUSTOMERS:,}"})
        return found, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; its actions run here as well (Django's `response_action`)."""
        context = {
            "media": self.media + PaymentFilter.base_filters["user"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "filters": request.GET.urlencode(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    # --- The page of one payment --------------------------------------------------------------

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

    # --- Addresses of our own -----------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_payment_{}".format
        ours = [
            path("export/", view(self.export_view), name=name("export")),
            path("customers/", view(self.customers_view), name=name("customers")),
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

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The CSV of the filtered set; back to the list if its filter makes no sense."""
        require(self.has_export_permission(request))
        address, query = reverse("admin:payments_payment_changelist"), request.GET.urlencode()
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{address}?{query}")
        assert isinstance(found, PaymentChangeList)
        if not found.is_understood(request):
            return HttpResponseRedirect(f"{address}?{query}")
        return csv_response(payments=found.queryset, actor=staff(request), query=query)

    def customers_view(self, request: HttpRequest) -> HttpResponseBase:
        """Names for the filter by customer: one page at a time, no right on accounts needed."""
        require(self.has_view_permission(request))
        number = request.GET.get("page", "")
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
        found, more = customers(
            request.GET.get("term", "").replace("\x00", "").strip(),
            page=min(max(wanted, 1), MAX_CUSTOMER_PAGE),
            size=CUSTOMERS_A_PAGE,
        )
        return JsonResponse(
            {
                "results": [{"id": str(pk), "text": name} for pk, name in found],
                "pagination": {"more": more and wanted < MAX_CUSTOMER_PAGE},
            }
        )
