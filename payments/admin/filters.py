"""The one set of filters: the list, "select all", the actions and the export all narrow by it.

A value that can't be understood narrows to nothing and says so; it never falls away. To add a
filter, declare it in `PaymentFilter`: the panel is made from its form.
"""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from payments.kst import end_of, start_of
from payments.models import Payment
from payments.states import PaymentStatus, Verification

from .widgets import CommaCheckboxes, CustomerSelect

# Days whose bounds can be written in UTC and compared by any database.
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(9998, 12, 31)


class FilterForm(forms.Form):
    """The panel's form: checks that hold for several fields together."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, last = values.get("paid_from"), values.get("paid_to")
        if first and last and last < first:
            self.add_error("paid_to", _("This day is before the first one."))
        return values


def _choices(name: str, label: Any, choices: type[TextChoices]) -> Any:
    return django_filters.MultipleChoiceFilter(
        field_name=name,
        label=label,
        choices=choices.choices,
        widget=CommaCheckboxes,
        distinct=False,
    )


def _day(label: Any, method: str) -> Any:
    return django_filters.DateFilter(
        label=label,
        method=method,
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(
            format="%Y-%m-%d",
            attrs={"type": "date", "min": FIRST_DAY.isoformat(), "max": LAST_DAY.isoformat()},
        ),
    )


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Status, customer, payment date in Korean days, verification."""

    user = django_filters.ModelChoiceFilter(
        label=_("customer"),
        queryset=lambda request: get_user_model().objects.all(),
        widget=CustomerSelect(Payment._meta.get_field("user"), admin.site),
    )
    paid_from = _day(_("paid from (KST)"), "from_day")
    paid_to = _day(_("paid until (KST)"), "to_day")
    status = _choices("status", _("status"), PaymentStatus)
    verification = _choices("verification", _("verification"), Verification)

    class Meta:
        model = Payment
        fields: list[str] = []
        form = FilterForm

    @classmethod
    def names(cls) -> frozenset[str]:
        """The parameters in an address that are ours."""
        return frozenset(cls.base_filters)

    def from_day(self, payments: QuerySet[Payment], name: str, day: date) -> QuerySet[Payment]:
        """Paid on this Korean day or later."""
        return payments.filter(paid_at__gte=start_of(day))

    def to_day(self, payments: QuerySet[Payment], name: str, day: date) -> QuerySet[Payment]:
        """Paid on this Korean day or earlier."""
        return payments.filter(paid_at__lt=end_of(day))

    def narrowed(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """The payments that all filters let through; none if one of them makes no sense."""
        if not self.is_valid():
            return payments.none()
        narrowed: QuerySet[Payment] = self.filter_queryset(payments)
        return narrowed

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return [
            (str(self.form.fields[name].label), " ".join(map(str, errors)))
            for name, errors in self.errors.items()
        ]
