"""Where closing begins: the first day with money, and what a later beginning leaves out for good.

Days follow one another without a gap, so the first close decides which days can ever be closed. A
person chooses it; nothing is closed by the clock before.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from payments.core.kst import day_of
from payments.models import Movement
from payments.selectors.roll_ups import roll_ups


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Days with money that can never be closed: how many, from when to when, and their net."""

    days: int
    first: date
    last: date
    net: int


def first_day_with_money() -> date | None:
    """The Korean day of the first movement."""
    return Movement.objects.order_by("happened_at", "pk").values_list("day", flat=True).first()


def proposed(*, now: datetime) -> date:
    """With which day to begin: the first with money if it is over, else yesterday."""
    yesterday, first = day_of(now) - timedelta(days=1), first_day_with_money()
    return min(first or yesterday, yesterday)


def left_out(day: date) -> LeftOut | None:
    """What can never be closed if closing begins with this day; None if no money does."""
    rows = roll_ups().movements("day", "is_own", "is_test", where=Q(day__lt=day))
    days = {row["day"] for row in rows}
    net = sum(row["amount"] for row in rows if row["is_own"] and not row["is_test"])
    return LeftOut(len(days), min(days), max(days), net) if days else None
