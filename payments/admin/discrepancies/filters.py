"""The filters of discrepancies as the list shows them: in panels, with a picker of people.

What they do is in `payments.filters.discrepancies`. To give a filter its place, name it in
`PANELS`.
"""

from typing import Any

import django_filters
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.access import staff
from payments.admin.shared.customer_field import CustomerSelect
from payments.admin.shared.panels import Panels
from payments.filters import discrepancies as filters
from payments.models import Discrepancy

PANELS: Panels = (
    (_("State"), ("state",)),
    (_("What differs"), ("bucket",)),
    (_("Owner"), ("owner", "person")),
    (_("Age"), ("age",)),
    (_("At stake"), ("amount_min", "amount_max")),
    (pgettext_lazy("discrepancies", "Found"), ("period", "from", "to", "run")),
)


class PersonSelect(CustomerSelect):
    """The same picker for those who may own a discrepancy."""

    def get_url(self) -> str:
        return reverse("admin:payments_discrepancy_people")


class DiscrepancyFilter(filters.DiscrepancyFilter):
    """The same filters, for the person who made this request."""

    places = PANELS

    # Picked from a list that is searched.
    person = django_filters.ModelChoiceFilter(
        "owner",
        label=pgettext_lazy("discrepancies", "a person"),
        queryset=lambda request: get_user_model().objects.all(),
        widget=PersonSelect(Discrepancy._meta.get_field("owner"), admin.site),
    )

    def __init__(self, data: Any = None, *, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(data, me=staff(request), request=request, **kwargs)
