"""Saying whose a payment is that was taken in without a customer; once and for good.

A GET shows the form, a POST decides (`services.import_payment`). The payment's page links here
while there is nobody.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.access import require, staff
from payments.admin.shared.customer_field import CustomerField
from payments.admin.shared.links import list_address, page_address
from payments.admin.shared.personal_data import on_record
from payments.errors import NotAllowed
from payments.models import Payment
from payments.services import import_payment
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED

from . import comparison
from .permissions import PaymentPermissions

TEMPLATE = "admin/payments/payment/customer.html"


class CustomerForm(forms.Form):
    """Whose it is, once and for good, and how one knows."""

    customer: Any = CustomerField(
        label=gettext_lazy("customer"),
        error_messages={"required": gettext_lazy("Choose the customer.")},
    )
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        min_length=MIN_TEXT,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("5 to 500 characters. They stay in the payment's history for good."),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    def __init__(self, *args: Any, unmasked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].show_to(unmasked=unmasked)  # type: ignore[attr-defined]


class PaymentCustomer(PaymentPermissions):
    """Deciding on a customer later."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.customer_view)
        name = "payments_payment_customer"
        return [path("<int:pk>/customer/", view, name=name), *super().get_urls()]

    def customer_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The form (GET), or the decision (POST); back with words if it has been taken."""
        require(self.has_view_permission(request) and self.has_customer_permission(request))
        payment = get_object_or_404(Payment, pk=pk)
        if payment.user_id is not None:
            messages.warning(request, str(import_payment.HAS_CUSTOMER))
            return HttpResponseRedirect(page_address(request, pk))
        unmasked = on_record(request, payment=payment)
        form = CustomerForm(request.POST or None, unmasked=unmasked)
        if not form.is_valid():
            return self._customer_page(request, payment, form)
        try:
            import_payment.decide_customer(
                payment=payment,
                actor=staff(request),
                customer=form.cleaned_data["customer"],
                note=form.cleaned_data["note"],
            )
        except NotAllowed as refusal:
            messages.warning(request, str(refusal.message))
        else:
            messages.success(request, _("The payment has its customer now."))
        return HttpResponseRedirect(page_address(request, pk))

    def _customer_page(
        self, request: HttpRequest, payment: Payment, form: CustomerForm
    ) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            **comparison.head(payment),
            "opts": self.opts,
            "original": payment,
            "title": _("Whose payment is it?"),
            "form": form,
            "list_address": list_address(request),
            "page_address": page_address(request, payment.pk),
        }
        return TemplateResponse(request, TEMPLATE, context)
