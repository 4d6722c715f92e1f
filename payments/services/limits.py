"""Limits: how often something may happen within a while, counted in a table of our own.

One statement for each hit, exact for any number of processes and machines, on either database;
Django's cache is shared by nobody unless somebody sets one up. Windows are fixed: a limit of 10 a
minute begins anew with each minute of the clock, so twice as many may fall around its turn.

To limit something: a scope of its own (at most 32 letters, named where it is counted), a key for
who or what is counted (at most 100: an address by `payments.core.addresses.line_of`, a person's
id), and `hit`. Call it outside of a transaction: the row stays locked until that commits.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from payments.core.db.counters import count_up
from payments.models import LimitCount

# Rows swept with one statement.
CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One hit: its number in its window, how many are allowed, and when the window ends (UTC)."""

    count: int
    at_most: int
    ends_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether this one is too many."""
        return self.count > self.at_most

    @property
    def is_first_over(self) -> bool:
        """Whether it is the first that is too many: for what is said once a window."""
        return self.count == self.at_most + 1


def hit(
    *, scope: str, key: str, at_most: int, window: timedelta, now: datetime | None = None
) -> Hit:
    """Count one hit. It counts whether it is over or not: who goes on stays over."""
    ends_at = _end_of_window(now or timezone.now(), window)
    row = {"scope": scope, "key": key, "ends_at": ends_at}
    count = count_up(model=LimitCount, count="count", row=row)
    return Hit(count=count, at_most=at_most, ends_at=ends_at)


def _end_of_window(now: datetime, window: timedelta) -> datetime:
    seconds = window.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, UTC)


def sweep(*, now: datetime) -> int:
    """Remove the windows that have ended; how many there were."""
    swept = 0
    ended = LimitCount.objects.filter(ends_at__lte=now)
    while pks := list(ended.values_list("pk", flat=True)[:CHUNK]):
        swept += LimitCount.objects.filter(pk__in=pks).delete()[0]
    return swept
