"""What every set of filters does: Korean days, letting rows through, saying what makes no sense.

A value that can't be understood narrows to nothing and says so; it never falls away. A set declares
its filters, with `period`, `first_day` and `last_day` among them, says in `date_field` which column
the days are about, and in `value_label` how its values are named where that is no choice's label.
"""

from datetime import date, datetime
from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from payments.core.kst import day_of, end_of, start_of
from payments.core.periods import period_bounds

# The search box, which stands beside the filters in every URL.
SEARCH = "q"
DATES = ("period", "from", "to")
# `from` is a word of Python's own, so the two days are declared by other names.
_RENAMED = {"first_day": "from", "last_day": "to"}

Row = TypeVar("Row", bound=Model)


class BaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters that hold together: all of them make sense, or nothing is let through."""

    # The parameters that say which days: to a person they are one thing.
    date_names: tuple[str, ...] = DATES

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # One moment for the whole request: "today" must not change between list and totals.
        self.now: datetime = timezone.now()

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """By the names that they have in a URL."""
        filters = super().get_filters()
        return {_RENAMED.get(name, name): declared for name, declared in filters.items()}

    @classmethod
    def names(cls) -> frozenset[str]:
        """The parameters in a URL that are ours."""
        return frozenset(cls.base_filters)

    @property
    def values(self) -> dict[str, Any]:
        """What was asked for, {} if it makes no sense."""
        return self.form.cleaned_data if self.is_valid() else {}

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day, each None if open; a period goes before single days."""
        if period := self.values.get("period"):
            return period_bounds(period, day_of(self.now))
        return self.values.get("from"), self.values.get("to")

    @property
    def date_field(self) -> str:
        """The column that the days are about."""
        raise NotImplementedError

    @property
    def date_label(self) -> str:
        """The same for a person."""
        raise NotImplementedError

    @property
    def amount_label(self) -> str:
        """What the amounts are, for a person."""
        return gettext("Amount")

    def narrowed(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """What all filters let through; nothing if one of them makes no sense."""
        if not self.is_valid():
            return rows.none()
        narrowed: QuerySet[Row] = self.filter_queryset(rows)
        first, last = self.days
        if first:
            narrowed = narrowed.filter(**{f"{self.date_field}__gte": start_of(first)})
        if last:
            narrowed = narrowed.filter(**{f"{self.date_field}__lt": end_of(last)})
        return narrowed

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for a person."""
        return [
            (str(self.form.fields[name].label), " ".join(map(str, errors)))
            for name, errors in self.errors.items()
        ]

    def text_of(self, name: str) -> str:
        """The value that counts where only one can: the last, as Django's forms read it."""
        return (self.data.get(name) or "").strip()

    def texts_of(self, name: str) -> list[str]:
        """Values of one filter as written; several may stand in one parameter with commas."""
        if not isinstance(self.filters[name], django_filters.MultipleChoiceFilter):
            return [text for text in [self.text_of(name)] if text]
        pieces = (piece.strip() for text in self.data.getlist(name) for piece in text.split(","))
        return list(dict.fromkeys(piece for piece in pieces if piece))

    def value_label(self, name: str, value: str) -> str | None:
        """One value of a filter as a person calls it; None if it makes no sense."""
        labels = dict(self.form.fields[name].choices)
        return str(labels[value]) if value in labels else None
