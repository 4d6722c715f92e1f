"""The payment screens as one ModelAdmin: the list, the page of one payment, export, runs.

Nothing is edited here: what can happen to a payment happens in `services`. A new screen or button
is a method of the part that it belongs to; a new part is one more base class.
"""

from django.contrib import admin

from payments.models import Payment

from .assign_customer import PaymentCustomer
from .detail import PaymentPage
from .export import PaymentExport
from .list import PaymentList
from .start_run import PaymentRun
from .unmask import PaymentUnmasking


@admin.register(Payment)
class PaymentAdmin(
    PaymentCustomer, PaymentExport, PaymentRun, PaymentUnmasking, PaymentPage, PaymentList
):
    """Payments as staff see them."""
