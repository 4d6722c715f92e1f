"""The one set of filters of discrepancies: list, totals and export narrow by it.

The screens of reconciliations and the dashboard link here by these names, so they stay. To add a
filter: declare it in `DiscrepancyFilter`, name its values in `value_label` if they are not a few
choices, and give it a place in the admin's `PANELS`.
"""

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.core.kst import day_of, start_of
from payments.models import Bucket, Discrepancy, DiscrepancyLine
from payments.selectors.payments.customers import called

from .base import BaseFilter, Row
from .fields import DayFilter, FilterForm, OneOf, PeriodFilter, WonFilter, several

MAX_RUN = 2**63 - 1


class State(TextChoices):
    """Whether somebody still has to do something about it."""

    OPEN = "", pgettext_lazy("discrepancies", "Open")
    CLOSED = "closed", pgettext_lazy("discrepancies", "Closed")
    ALL = "all", pgettext_lazy("discrepancies", "Open and closed")


class Owner(TextChoices):
    """Whose it is."""

    ANYBODY = "", pgettext_lazy("owner", "Anybody's")
    ME = "me", pgettext_lazy("owner", "Mine")
    NOBODY = "nobody", pgettext_lazy("owner", "Nobody's")


class Age(TextChoices):
    """For how many days it has been known."""

    ANY = "", pgettext_lazy("age", "Any age")
    TODAY = "today", pgettext_lazy("age", "Found today")
    DAY = "1", _("Older than a day")
    DAYS = "3", _("Older than 3 days")
    WEEK = "7", _("Older than 7 days")
    MONTH = "30", _("Older than 30 days")


class DiscrepancyForm(FilterForm):
    """The panels' form."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("owner") and values.get("person"):
            self.add_error("person", _("Choose a person, or “mine” or “nobody's”; not both."))
        return values


class _RunFilter(django_filters.Filter):  # type: ignore[misc]
    """The number of a run."""

    field_class = forms.IntegerField


class DiscrepancyFilter(BaseFilter):
    """What discrepancies can be narrowed by. Days are Korean days, of when they were found."""

    state = OneOf(label=pgettext_lazy("discrepancies", "state"), choices=State.choices)
    bucket = several(_("what differs"), Bucket.choices, method="of_buckets")
    owner = OneOf(label=_("owner"), choices=Owner.choices)
    person = django_filters.ModelChoiceFilter(
        "owner",
        label=pgettext_lazy("discrepancies", "a person"),
        queryset=lambda request: get_user_model().objects.all(),
    )
    age = OneOf(label=_("age"), choices=Age.choices)
    amount_min = WonFilter("amount", "gte", label=_("at least (won)"))
    amount_max = WonFilter("amount", "lte", label=_("at most (won)"))
    run = _RunFilter(
        label=_("number of the reconciliation"),
        method="of_run",
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RUN)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    period = PeriodFilter()
    first_day = DayFilter(label=pgettext_lazy("date", "from"))
    last_day = DayFilter(label=pgettext_lazy("date", "until"))

    class Meta:
        model = Discrepancy
        fields: list[str] = []
        form = DiscrepancyForm

    def __init__(self, data: Any = None, *, me: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.me = me

    @property
    def date_field(self) -> str:
        return "found_at"

    @property
    def date_label(self) -> str:
        return pgettext("discrepancies", "Found")

    def of_buckets(
        self, rows: QuerySet[Discrepancy], name: str, buckets: Any
    ) -> QuerySet[Discrepancy]:
        """That differ in one of these, whatever they differ in besides."""
        lines = DiscrepancyLine.objects.filter(
            discrepancy=OuterRef("pk"), bucket__in=buckets, is_current=True
        )
        return rows.filter(Exists(lines))

    @property
    def amount_label(self) -> str:
        return gettext("At stake")

    def of_run(self, rows: QuerySet[Discrepancy], name: str, run: int) -> QuerySet[Discrepancy]:
        """What this run saw, whatever other runs saw it before or since."""
        return rows.filter(seen_by=run)

    def filter_queryset(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        """With the filters that are about more than one column, or about who looks, and when."""
        narrowed: QuerySet[Row] = super().filter_queryset(queryset)
        return narrowed.filter(self._condition())

    def _condition(self) -> Q:
        values, condition = self.values, Q()
        if values["state"] != State.ALL:
            condition &= Q(is_open=values["state"] != State.CLOSED)
        if values["owner"] == Owner.ME:
            condition &= Q(owner_id=self.me.pk)
        elif values["owner"] == Owner.NOBODY:
            condition &= Q(owner=None)
        if values["age"] == Age.TODAY:
            condition &= Q(found_at__gte=start_of(day_of(self.now)))
        elif values["age"]:
            condition &= Q(found_at__lt=self.now - timedelta(days=int(values["age"])))
        return condition

    def value_label(self, name: str, value: str) -> str | None:
        if name not in {"run", "person"}:
            return super().value_label(name, value)
        if name in self.errors:
            return None
        if name == "run":
            return f"#{value}"
        person = self.form.cleaned_data.get("person")
        return called(person, unmasked=True) if person else value
