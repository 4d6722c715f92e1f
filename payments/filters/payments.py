"""The one set of filters: list, "select all", totals, actions, export and runs narrow by it.

A value that can't be understood narrows to nothing and says so; it never falls away. Other screens
link to the list by these names, so they stay. To add a filter, declare it in `PaymentFilter`, give
it words in `words`, and a place on the screen in the admin's `PANELS`.
"""

from datetime import date, datetime
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments import pay_methods
from payments.core.kst import day_of, end_of, start_of
from payments.core.periods import Days, Period, period_bounds
from payments.models import Payment
from payments.selectors.payments.attention import Attention, needs, needs_any
from payments.states import PaymentStatus, Verification

from .fields import ANY, CodesFilter, CustomerFilter, DayPart, FilterForm, OneOf, WonFilter, several

# The gateway's names of PGs that are offered by name; another one can be written in the address.
PROVIDERS = (
    "html5_inicis",
    "nice_v2",
    "tosspayments",
    "kcp_v2",
    "kakaopay",
    "naverpay",
    "payco",
    "danal_tpay",
)


class Basis(TextChoices):
    """Which date of a payment a stretch of days is about."""

    PAID = "paid", pgettext_lazy("date basis", "Paid")
    REQUESTED = "requested", pgettext_lazy("date basis", "Ordered")
    CANCELLED = "cancelled", pgettext_lazy("date basis", "Refunded")


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What payments can be narrowed by. Days are Korean days."""

    status = several(_("status"), PaymentStatus.choices, field_name="status")
    user = CustomerFilter(
        label=_("customer"),
        queryset=lambda request: get_user_model().objects.all(),
    )
    basis = OneOf(label=_("by which date"), choices=Basis.choices)
    period = OneOf(
        label=_("period"), choices=[("", _("Any time, or the days below")), *Period.choices]
    )
    first_day = DayPart(label=pgettext_lazy("date", "from"))
    last_day = DayPart(label=pgettext_lazy("date", "until"))
    amount_min = WonFilter("amount", "gte", label=_("at least (won)"))
    amount_max = WonFilter("amount", "lte", label=_("at most (won)"))
    pay_method = CodesFilter("pay_method", label=_("payment method"))
    pg_provider = CodesFilter("pg_provider", label=_("PG"), choices=[(p, p) for p in PROVIDERS])
    verification = several(_("verification"), Verification.choices, field_name="verification")
    attention = several(
        _("needs attention"), [(ANY, _("Any reason")), *Attention.choices], method="needing"
    )

    class Meta:
        model = Payment
        fields: list[str] = []
        form = FilterForm

    def __init__(self, data: Any = None, *, unmasked: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # One moment for the whole request: "today" must not change between list and totals.
        self.now: datetime = timezone.now()
        # Whether whoever asks may see, and search by, personal data in full.
        self.unmasked = unmasked

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """`from` is a word of Python's own, so those two are renamed here."""
        renamed = {"first_day": "from", "last_day": "to"}
        return {renamed.get(name, name): one for name, one in super().get_filters().items()}

    @classmethod
    def names(cls) -> frozenset[str]:
        """The parameters in an address that are ours."""
        return frozenset(cls.base_filters)

    @property
    def form(self) -> FilterForm:
        """The form that reads them. Customers are named in it as this person may see them."""
        form: FilterForm = super().form
        form.fields["user"].unmasked = self.unmasked  # type: ignore[attr-defined]
        form.fields["pay_method"].choices = [  # type: ignore[attr-defined]
            (code, pay_methods.words(code)) for code in pay_methods.WORDS
        ]
        return form

    def needing(self, payments: QuerySet[Payment], name: str, reasons: Any) -> QuerySet[Payment]:
        """On somebody's desk for one of the reasons."""
        if ANY in reasons:
            return payments.filter(needs_any(now=self.now))
        condition = Q()
        for reason in reasons:
            condition |= needs(Attention(reason), now=self.now)
        return payments.filter(condition)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day, each None if open; a period goes before single days."""
        values = self.form.cleaned_data if self.is_valid() else {}
        if period := values.get("period"):
            bounds: Days = period_bounds(period, day_of(self.now))
            return bounds
        return values.get("from"), values.get("to")

    @property
    def date_field(self) -> str:
        """The column that the days are about."""
        values = self.form.cleaned_data if self.is_valid() else {}
        return f"{values.get('basis') or Basis.PAID}_at"

    def narrowed(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """The payments that all filters let through; none if one of them makes no sense."""
        if not self.is_valid():
            return payments.none()
        narrowed: QuerySet[Payment] = self.filter_queryset(payments)
        first, last = self.days
        if first:
            narrowed = narrowed.filter(**{f"{self.date_field}__gte": start_of(first)})
        if last:
            narrowed = narrowed.filter(**{f"{self.date_field}__lt": end_of(last)})
        return narrowed

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return [
            (str(self.form.fields[name].label), " ".join(map(str, errors)))
            for name, errors in self.errors.items()
        ]
