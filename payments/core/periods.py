"""Named stretches of Korean days: the presets of every filter by date, and of the dashboard.

Days are inclusive on both ends. To offer another preset, add a member to `Period` and its first and
last day to `_BOUNDS`.
"""

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Days = tuple[date, date]


class Period(TextChoices):
    """A stretch of days that is named by where it stands to today."""

    TODAY = "today", pgettext_lazy("period", "Today")
    YESTERDAY = "yesterday", pgettext_lazy("period", "Yesterday")
    WEEK = "7d", _("7 days")
    MONTH = "30d", _("30 days")
    QUARTER = "90d", _("90 days")
    THIS_MONTH = "this_month", _("This month")
    LAST_MONTH = "last_month", _("Last month")


def _ending(today: date, days: int) -> Days:
    return today - timedelta(days=days - 1), today


def _yesterday(today: date) -> Days:
    day = today - timedelta(days=1)
    return day, day


def _last_month(today: date) -> Days:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


_BOUNDS: dict[Period, Callable[[date], Days]] = {
    Period.TODAY: lambda today: (today, today),
    Period.YESTERDAY: _yesterday,
    Period.WEEK: lambda today: _ending(today, 7),
    Period.MONTH: lambda today: _ending(today, 30),
    Period.QUARTER: lambda today: _ending(today, 90),
    Period.THIS_MONTH: lambda today: (today.replace(day=1), today),
    Period.LAST_MONTH: _last_month,
}


def period_bounds(period: str, today: date) -> Days:
    """First and last day of `period`. `today` is the Korean day (`kst.day_of`)."""
    return _BOUNDS[Period(period)](today)


def every_day(first: date, last: date) -> list[date]:
    """The days from first to last, both included; none if the last comes before the first."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def previous(bounds: Days) -> Days:
    """The equally long span just before: what a figure is compared with."""
    first, last = bounds
    return first - (last - first) - timedelta(days=1), first - timedelta(days=1)
