"""The list of payments with its filters. To add a column: a method, its name in `list_display`."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from payments.admin.shared.display import (
    amount_cell,
    email_cell,
    moment,
    pay_method,
    status_badge,
    verification_cell,
    verify_button,
)
from payments.admin.shared.personal_data import email
from payments.models import Payment

from .actions import ACTIONS
from .changelist import PaymentChangeList
from .filters import PaymentFilter
from .list_parts import PaymentListParts
from .rows import PaymentRow
from .tabs import saved_query, tabs
from .totals import totals_bar


class PaymentList(PaymentListParts):
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
    search_fields = ["merchant_uid"]  # for others: the list's own search is in `changelist`
    sortable_by = ["amount_words", "paid"]

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, payment: PaymentRow) -> SafeString:
        return email_cell(email(payment.user, unmasked=payment.unmasked))

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
    def verified(self, payment: PaymentRow) -> SafeString:
        return verification_cell(payment, payment.outcome)

    @admin.display(description=gettext_lazy("Re-verify"))
    def verify(self, payment: PaymentRow) -> SafeString:
        return verify_button(payment, payment.filters)

    def get_list_display(self, request: HttpRequest) -> Any:
        buttons = ["verify"] if self.has_verify_permission(request) else []
        return [*super().get_list_display(request), *buttons]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; its actions run here as well (Django's `response_action`)."""
        context = {
            "media": self.media + PaymentFilter.base_filters["user"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "filters": request.GET.urlencode(),
            "saved_query": saved_query(request.GET),
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        if isinstance(response, TemplateResponse) and response.context_data:
            drawn = response.context_data
            saved = [tab for tab in drawn.get("saved_views", []) if tab.is_current]
            drawn |= {"tabs": [*tabs(request), *saved], "is_saved": bool(saved)}
            found = drawn.get("cl")
            if isinstance(found, PaymentChangeList) and found.totals is not None:
                drawn["bar"] = totals_bar(found, found.totals)
        return response
