"""The list of payments with its filters. To add a column: a method, its name in `list_display`."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Payment
from payments.selectors.admin_list import MAX_CUSTOMERS, customers, search

from .actions import ACTIONS, require
from .changelist import PaymentChangeList
from .filters import PaymentFilter
from .payment_permissions import PaymentPermissions
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


class PaymentList(PaymentPermissions):
    """The change list."""

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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.customers_view)
        return [path("customers/", view, name="payments_payment_customers"), *super().get_urls()]

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
