"""The payment screens as one ModelAdmin: the list, the page of one payment, export, runs.

Nothing is edited here: what can happen to a payment happens in `services`. A new screen or button
is a method of the part that it belongs to; a new part is one more base class.
"""

from django.contrib import admin

from payments.models import Payment

from .payment_customer import PaymentCustomer
from .payment_export import PaymentExport
from .payment_list import PaymentList
from .payment_page import PaymentPage
from .payment_run import PaymentRun
from .unmasking import PaymentUnmasking


@admin.register(Payment)
class PaymentAdmin(
    PaymentCustomer, PaymentExport, PaymentRun, PaymentUnmasking, PaymentPage, PaymentList
):
    """Payments as staff see them."""
