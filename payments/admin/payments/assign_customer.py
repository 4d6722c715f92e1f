"""Saying whose a payment is that was imported without a customer; once and for good.

A GET shows the form, a POST decides (`services.import_payment`). The payment's page links here
while there is nobody.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.customer_field import CustomerField
from payments.admin.shared.links import list_url, page_url
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.text import filled
from payments.errors import NotAllowed
from payments.models import Payment
from payments.services import import_payment
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED

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
        help_text=filled(
            gettext_lazy(
                "%(least)s to %(most)s characters. They stay in the payment's history for good."
            ),
            least=MIN_TEXT,
            most=MAX_TEXT,
        ),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    def __init__(self, *args: Any, unmasked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].show_to(unmasked=unmasked)  # type: ignore[attr-defined]


@staff_view("view", "customer")
def assign_customer(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The form (GET), or the decision (POST); back with a message if it has been taken."""
    payment = get_object_or_404(Payment, pk=pk)
    if payment.user_id is not None:
        messages.warning(request, str(import_payment.HAS_CUSTOMER))
        return HttpResponseRedirect(page_url(request, pk))
    unmasked = on_record(request, payment=payment)
    form = CustomerForm(request.POST or None, unmasked=unmasked)
    if form.is_valid():
        return _assigned(request, payment, form)
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Whose payment is it?"),
        original=payment,
        form=form,
        list_url=list_url(request),
        page_url=page_url(request, pk),
    )


def _assigned(request: HttpRequest, payment: Payment, form: CustomerForm) -> HttpResponseBase:
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
    return HttpResponseRedirect(page_url(request, payment.pk))
