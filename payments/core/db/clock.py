"""The database's clock: the one that all machines share.

Times that processes of several machines compare (heartbeats, leases, due times) are written and
read by it, so that one machine's wrong clock can't stop or double anybody's work. It may jump as
well: a moment further ahead than such a time can ever be counts as past, not as far away.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

# A moment is asked for before a lock is waited for: what another worker wrote meanwhile counts from
# a later one. Longer than any of our waits for a lock.
_SINCE_ASKED = timedelta(minutes=1)


def database_now() -> datetime:
    """The time (UTC), in one query; SQLite is on one machine and has that machine's clock."""
    return timezone.now() if connection.vendor == "sqlite" else _of_the_server()


def _of_the_server() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)


def is_recent(moment: datetime, *, now: datetime, within: timedelta) -> bool:
    """Whether it is no longer ago than that, nor so far ahead that a wrong clock has written it."""
    return abs(now - moment) <= within


def recent(field: str, *, now: datetime, within: timedelta) -> Q:
    """The same for rows."""
    return Q(**{f"{field}__range": (now - within, now + within)})


def is_over(field: str, *, now: datetime, at_most: timedelta) -> Q:
    """Rows whose time is over, or further ahead than it can have been set, which is `at_most`.

    A lease that somebody took while we waited for the row ends a little later than ours would: it
    is theirs, not a wrong clock's.
    """
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": now + at_most + _SINCE_ASKED})
