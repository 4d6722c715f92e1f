"""The one set of filters of movements: list and totals narrow by it.

To add a filter: declare it in `MovementFilter`, name its values in `value_label` if they are not a
few choices, and give it a place in the admin's `PANELS`.
"""

from collections.abc import Callable

import django_filters
from django.db.models import F, Q, QuerySet, TextChoices
from django.db.models.functions import Abs
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from payments import pay_methods, pg_providers
from payments.core.periods import Days
from payments.core.text import ids
from payments.models import Movement
from payments.states import MovementKind

from .base import BaseFilter, Row
from .fields import (
    CodesFilter,
    DayFilter,
    FilterForm,
    OneOf,
    PeriodFilter,
    RealOrTest,
    RealOrTestFilter,
    WonFilter,
    several,
)
from .payments import PROVIDERS


class Attempt(TextChoices):
    """Whose money: of the attempt that settled the order, or of another one."""

    ANY = "", pgettext_lazy("movements", "Any attempt")
    OWN = "own", pgettext_lazy("movements", "The order's own")
    OTHER = "other", pgettext_lazy("movements", "Another one")


# What is narrowed by that rolled-up sums are not kept by.
_BY_ROWS_ALONE = ("amount_min", "amount_max")
# How open sets of codes are said.
_WORDS: dict[str, Callable[[str], str]] = {
    "pay_method": pay_methods.label,
    "pg_provider": pg_providers.label,
    "pg_id": str,
}


class MovementFilter(BaseFilter):
    """What movements can be narrowed by. Days are Korean days, of when the money moved."""

    kind = several(pgettext_lazy("movements", "kind"), MovementKind.choices, field_name="kind")
    attempt = OneOf(label=pgettext_lazy("movements", "attempt"), choices=Attempt.choices)
    pay_method = CodesFilter("pay_method", label=_("payment method"))
    pg_provider = CodesFilter("pg_provider", label=_("PG"), choices=PROVIDERS)
    # A merchant has few, but only they know which: written, one or several.
    pg_id = django_filters.CharFilter(method="of_mids", label=_("MID"), max_length=200)
    test = RealOrTestFilter()
    # Of money that went back, too: a refund of 3,000 won is found by 3,000.
    amount_min = WonFilter(method="at_least", label=_("at least (won)"))
    amount_max = WonFilter(method="at_most", label=_("at most (won)"))
    period = PeriodFilter()
    first_day = DayFilter(label=pgettext_lazy("date", "from"))
    last_day = DayFilter(label=pgettext_lazy("date", "until"))

    class Meta:
        model = Movement
        fields: list[str] = []
        form = FilterForm

    @cached_property
    def form(self) -> FilterForm:
        """The form that reads them, methods named in the reader's language."""
        form: FilterForm = super().form
        form.fields["pay_method"].choices = [  # type: ignore[attr-defined]
            (code, pay_methods.label(code)) for code in pay_methods.LABELS
        ]
        return form

    @property
    def date_field(self) -> str:
        return "happened_at"

    @property
    def date_label(self) -> str:
        return pgettext("movements", "Day")

    def of_mids(self, rows: QuerySet[Movement], name: str, text: str) -> QuerySet[Movement]:
        """Of one of these MIDs."""
        return rows.filter(pg_id__in=ids(text))

    def at_least(self, rows: QuerySet[Movement], name: str, won: int) -> QuerySet[Movement]:
        """Of so many won or more, in either direction."""
        return rows.alias(size=Abs(F("amount"))).filter(size__gte=won)

    def at_most(self, rows: QuerySet[Movement], name: str, won: int) -> QuerySet[Movement]:
        """Of so many won or less, in either direction."""
        return rows.alias(size=Abs(F("amount"))).filter(size__lte=won)

    def filter_queryset(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        """With the filters that are read together with nothing else."""
        narrowed: QuerySet[Row] = super().filter_queryset(queryset)
        return narrowed.filter(self._of_attempt)

    @property
    def rolled_up(self) -> Q | None:
        """The same for rolled-up sums; None where those can't tell."""
        if not self.is_valid() or any(self.text_of(name) for name in _BY_ROWS_ALONE):
            return None
        condition = self._of_attempt & self._real
        for name in ("kind", "pay_method", "pg_provider"):
            if chosen := self.values[name]:
                condition &= Q(**{f"{name}__in": chosen})
        if mids := self.values["pg_id"]:
            condition &= Q(pg_id__in=ids(mids))
        first, last = self.days
        condition &= Q(day__gte=first) if first else Q()
        return condition & (Q(day__lte=last) if last else Q())

    @property
    def days_alone(self) -> Days | None:
        """The days, if both are chosen and nothing else is but the order's own money."""
        first, last = self.days
        others = self.names() - {*self.date_names, "attempt", "test"}
        if not first or not last or any(self.texts_of(name) for name in others):
            return None
        is_other = (
            self.values["attempt"] == Attempt.OTHER or self.values["test"] == RealOrTest.TESTS
        )
        return None if is_other else (first, last)

    @property
    def _of_attempt(self) -> Q:
        attempt = self.values["attempt"]
        return Q(is_own=attempt == Attempt.OWN) if attempt else Q()

    @property
    def _real(self) -> Q:
        test = self.values["test"]
        return Q(is_test=test == RealOrTest.TESTS) if test else Q()

    def value_label(self, name: str, value: str) -> str | None:
        if name in _WORDS:
            return None if name in self.errors else _WORDS[name](value)
        return super().value_label(name, value)
