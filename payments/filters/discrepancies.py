"""The one set of filters of discrepancies: list, totals and export narrow by it.

As with payments, a value that can't be understood narrows to nothing and says so. The screens of
reconciliations and the dashboard link here by these names, so they stay. To add a filter: declare
it in `DiscrepancyFilter`, its words in `parts`, its place in the admin's `PANELS`.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.kst import day_of, end_of, start_of
from payments.core.periods import Days, Period, period_bounds
from payments.models import Bucket, Discrepancy

from .fields import DayPart, FilterForm, OneOf, several
from .labels import Part
from .payment_query import DATES, SEARCH

MAX_RUN = 2**63 - 1
TOGETHER = frozenset(DATES)


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


class _Number(django_filters.Filter):  # type: ignore[misc]
    """The number of a run."""

    field_class = forms.IntegerField


class DiscrepancyFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What discrepancies can be narrowed by. Days are Korean days, of when they were found."""

    state = OneOf(label=pgettext_lazy("discrepancies", "state"), choices=State.choices)
    bucket = several(_("what differs"), Bucket.choices, field_name="bucket")
    owner = OneOf(label=_("owner"), choices=Owner.choices)
    person = django_filters.ModelChoiceFilter(
        "owner",
        label=pgettext_lazy("discrepancies", "a person"),
        queryset=lambda request: get_user_model().objects.all(),
    )
    age = OneOf(label=_("age"), choices=Age.choices)
    run = _Number(
        label=_("number of the reconciliation"),
        method="of_run",
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RUN)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    period = OneOf(
        label=_("period"), choices=[("", _("Any time, or the days below")), *Period.choices]
    )
    first_day = DayPart(label=pgettext_lazy("date", "from"))
    last_day = DayPart(label=pgettext_lazy("date", "until"))

    class Meta:
        model = Discrepancy
        fields: list[str] = []
        form = DiscrepancyForm

    def __init__(self, data: Any = None, *, me: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # One moment for the whole request: the age must not change between list and totals.
        self.now: datetime = timezone.now()
        self.me = me

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
    def values(self) -> dict[str, Any]:
        """What was asked for, {} if it makes no sense."""
        return self.form.cleaned_data if self.is_valid() else {}

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day, each None if open; a period goes before single days."""
        if period := self.values.get("period"):
            bounds: Days = period_bounds(period, day_of(self.now))
            return bounds
        return self.values.get("from"), self.values.get("to")

    def of_run(self, rows: QuerySet[Discrepancy], name: str, run: int) -> QuerySet[Discrepancy]:
        """What this run saw, whatever other runs saw it before or since."""
        return rows.filter(seen_by=run)

    def narrowed(self, rows: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
        """What all filters let through; nothing if one of them makes no sense."""
        if not self.is_valid():
            return rows.none()
        narrowed: QuerySet[Discrepancy] = self.filter_queryset(rows).filter(self._condition())
        first, last = self.days
        if first:
            narrowed = narrowed.filter(found_at__gte=start_of(first))
        if last:
            narrowed = narrowed.filter(found_at__lt=end_of(last))
        return narrowed

    def _condition(self) -> Q:
        values, condition = self.values, Q()
        if values["state"] != State.ALL:
            condition &= Q(is_open=values["state"] != State.CLOSED)
        if values["owner"] == Owner.ME:
            condition &= Q(owner_id=self.me.pk)
        elif values["owner"] == Owner.NOBODY:
            condition &= Q(owner=None)
        if values["age"]:
            condition &= Q(found_at__lt=self.now - timedelta(days=int(values["age"])))
        return condition

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for the page."""
        return [
            (str(self.form.fields[name].label), " ".join(map(str, errors)))
            for name, errors in self.errors.items()
        ]


def parts(filterset: DiscrepancyFilter) -> Iterator[Part]:
    """The narrowing in words, part by part; the state that holds by itself is none."""
    data = filterset.data
    if text := data.get(SEARCH, "").strip():
        yield Part(str(_("Search")), text, (SEARCH,))
    if any(data.get(name) for name in DATES):
        yield _dates(filterset)
    for name in filterset.names():
        if name not in TOGETHER:
            yield from _named(filterset, name)


def _dates(filterset: DiscrepancyFilter) -> Part:
    period, is_wrong = filterset.data.get("period", ""), bool(TOGETHER & filterset.errors.keys())
    first, last = filterset.days if filterset.is_valid() else map(filterset.data.get, DATES[1:])
    words = str(first or "") if first == last else f"{first or ''}~{last or ''}"
    if period:
        words = f"{Period(period).label} ({words})" if period in Period.values else period
    return Part(str(pgettext_lazy("discrepancies", "Found")), words, DATES, None, is_wrong)


def _named(filterset: DiscrepancyFilter, name: str) -> Iterator[Part]:
    label = str(filterset.form.fields[name].label)
    label = label[:1].upper() + label[1:]
    for value in values_of(filterset, name):
        words = _words(filterset, name, value)
        several_values = value if name == "bucket" else None
        yield Part(label, words or value, (name,), several_values, words is None)


def values_of(filterset: DiscrepancyFilter, name: str) -> list[str]:
    """Values of one filter; several may stand in one parameter with commas."""
    if name != "bucket":
        value = filterset.data.get(name, "").strip()
        return [value] if value else []
    texts = filterset.data.getlist(name)
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    return list(dict.fromkeys(piece for piece in pieces if piece))


def _words(filterset: DiscrepancyFilter, name: str, value: str) -> str | None:
    """The value in words, None if it makes no sense."""
    form: Any = filterset.form
    if name in {"run", "person"}:
        if name in filterset.errors:
            return None
        return f"#{value}" if name == "run" else str(form.cleaned_data.get("person") or value)
    labels = dict(form.fields[name].choices)
    return str(labels[value]) if value in labels else None
