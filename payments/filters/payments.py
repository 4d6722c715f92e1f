"""The one set of filters: list, "select all", totals, actions, export and runs narrow by it.

Other screens link to the list by these names, so they stay. To add a filter, declare it in
`PaymentFilter`, name its values in `value_label` if they are not a few choices, and give it a place
on the screen in the admin's `PANELS`.
"""

from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from payments import pay_methods, pg_providers
from payments.models import Payment
from payments.selectors.payments.attention import Attention, needs, needs_any
from payments.selectors.payments.customers import everybody
from payments.selectors.payments.flags import Shown, shown_as
from payments.states import PaymentStatus

from .base import DATES, BaseFilter
from .fields import (
    ANY,
    CodesFilter,
    CustomerFilter,
    DayFilter,
    FilterForm,
    OneOf,
    PeriodFilter,
    RealOrTest,
    RealOrTestFilter,
    WonFilter,
    several,
)

# The gateway's names of PGs that are offered by name; another one can be written in the URL.
PROVIDERS = [
    (code, pg_providers.LABELS[code])
    for code in (
        "html5_inicis",
        "nice_v2",
        "tosspayments",
        "kcp_v2",
        "kakaopay",
        "naverpay",
        "payco",
        "danal_tpay",
    )
]


class Basis(TextChoices):
    """Which date of a payment a stretch of days is about."""

    PAID = "paid", pgettext_lazy("date basis", "Paid")
    REQUESTED = "requested", pgettext_lazy("date basis", "Ordered")
    CANCELLED = "cancelled", pgettext_lazy("date basis", "Refunded")


# What sums of orders are kept by.
_ROLLED_UP = ("status", "pay_method", "pg_provider")


class PaymentFilter(BaseFilter):
    """What payments can be narrowed by. Days are Korean days."""

    date_names = (*DATES, "basis")

    status = several(_("status"), PaymentStatus.choices, field_name="status")
    user = CustomerFilter(
        label=_("customer"),
        queryset=lambda request: everybody(),
    )
    basis = OneOf(label=_("by which date"), choices=Basis.choices)
    period = PeriodFilter()
    first_day = DayFilter(label=pgettext_lazy("date", "from"))
    last_day = DayFilter(label=pgettext_lazy("date", "until"))
    amount_min = WonFilter("amount", "gte", label=_("at least (won)"))
    amount_max = WonFilter("amount", "lte", label=_("at most (won)"))
    pay_method = CodesFilter("pay_method", label=_("payment method"))
    pg_provider = CodesFilter("pg_provider", label=_("PG"), choices=PROVIDERS)
    test = RealOrTestFilter()
    verification = several(_("verification"), Shown.choices, method="verified_as")
    attention = several(
        _("needs attention"), [(ANY, _("Any reason")), *Attention.choices], method="needing"
    )

    class Meta:
        model = Payment
        fields: list[str] = []
        form = FilterForm

    def __init__(self, data: Any = None, *, unmasked: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # Whether whoever asks may see, and search by, personal data in full.
        self.unmasked = unmasked

    @cached_property
    def form(self) -> FilterForm:
        """The form that reads them. Customers are named in it as this person may see them."""
        form: FilterForm = super().form
        form.fields["user"].unmasked = self.unmasked  # type: ignore[attr-defined]
        form.fields["pay_method"].choices = [  # type: ignore[attr-defined]
            (code, pay_methods.label(code)) for code in pay_methods.LABELS
        ]
        return form

    def verified_as(self, payments: QuerySet[Payment], name: str, shown: Any) -> QuerySet[Payment]:
        """Of which one of these is read."""
        return payments.filter(shown_as(shown))

    def needing(self, payments: QuerySet[Payment], name: str, reasons: Any) -> QuerySet[Payment]:
        """On somebody's desk for one of the reasons."""
        if ANY in reasons:
            return payments.filter(needs_any(now=self.now))
        condition = Q()
        for reason in reasons:
            condition |= needs(Attention(reason), now=self.now)
        return payments.filter(condition)

    @property
    def rolled_up(self) -> Q | None:
        """The same for rolled-up sums of orders, days aside; None where those can't tell.

        They are kept by the days of order and of payment: by that of a refund only the payments
        themselves can be added up.
        """
        others = self.names() - {*_ROLLED_UP, *self.date_names}
        is_told = self.is_valid() and not any(self.texts_of(name) for name in others)
        if not is_told or (any(self.days) and self.days_are == Basis.CANCELLED):
            return None
        condition = Q()
        for name in _ROLLED_UP:
            if chosen := self.values[name]:
                condition &= Q(**{f"{name}__in": chosen})
        return condition

    @property
    def days_are(self) -> Basis:
        """Which date the days are about."""
        return Basis(self.values.get("basis") or Basis.PAID)

    @property
    def date_field(self) -> str:
        return f"{self.days_are}_at"

    @property
    def date_label(self) -> str:
        basis = self.text_of("basis") or Basis.PAID.value
        return str(Basis(basis).label) if basis in Basis.values else basis

    @property
    def asks_for_tests(self) -> bool:
        """Whether test payments are what this set is about: then its sums are theirs."""
        return bool(self.values.get("test") == RealOrTest.TESTS)

    def value_label(self, name: str, value: str) -> str | None:
        if name in {"user", "pay_method", "pg_provider"} and name in self.errors:
            return None
        if name == "user":
            field: Any = self.form.fields[name]
            return str(field.label_from_instance(self.form.cleaned_data[name]))
        if name == "pay_method":
            return pay_methods.label(value)
        if name == "pg_provider":
            return pg_providers.label(value)
        if name == "attention" and value == ANY:
            return pgettext("attention", "Anything")
        return super().value_label(name, value)
