"""The filters as the list shows them: in panels, with a picker of customers.

What they do is in `payments.filters`. To give a filter its place, name it in `PANELS`.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.customer_field import CustomerSelect
from payments.admin.shared.panels import Panels
from payments.admin.shared.personal_data import is_unmasked
from payments.filters import payments as filters
from payments.filters.fields import CustomerFilter
from payments.models import Payment

PANELS: Panels = (
    (pgettext_lazy("filter", "Date"), ("basis", "period", "from", "to")),
    (_("Status"), ("status",)),
    (_("Amount"), ("amount_min", "amount_max")),
    (_("Customer"), ("user",)),
    (_("Payment method"), ("pay_method", "pg_provider", "test")),
    (_("Verification"), ("verification", "attention")),
)


class PaymentFilter(filters.PaymentFilter):
    """The same filters, for the person who made this request."""

    places = PANELS

    # Picked from a list that is searched, not one of everybody.
    user = CustomerFilter(
        label=_("customer"),
        queryset=lambda request: get_user_model().objects.all(),
        widget=CustomerSelect(Payment._meta.get_field("user"), admin.site),
    )

    def __init__(self, data: Any = None, *, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(data, unmasked=is_unmasked(request), request=request, **kwargs)
