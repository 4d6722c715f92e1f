"""Time in Korea: days, bounds and stamps that do not depend on the server's zone.

Everything stored is UTC. A day that a person sees, filters by or adds up is a day in Asia/Seoul,
whatever `TIME_ZONE`, `TZ` or the person's own zone says.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")


def from_unix(seconds: int) -> datetime | None:
    """The gateway's unix second as an aware UTC time; its 0 means "never" (contract 3)."""
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def day_of(moment: datetime) -> date:
    """The Korean day in which `moment` lies."""
    return moment.astimezone(KST).date()


def day_of_unix(second: int) -> date:
    """The Korean day of a unix second, for a million of them: a day begins with an hour."""
    return _day_of_hour(second // 3_600)


@lru_cache(maxsize=24 * 400)
def _day_of_hour(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3_600, tz=KST).date()


def start_of(day: date) -> datetime:
    """The first moment of a Korean day."""
    return datetime.combine(day, time.min, tzinfo=KST)


def end_of(day: date) -> datetime:
    """The first moment after a Korean day: compare with `<`, never with `<=`."""
    return start_of(day + timedelta(days=1))


def iso(moment: datetime | None) -> str:
    """ISO 8601 in Korea with its offset: 2022-11-29T12:15:57+09:00; "" for no time."""
    return moment.astimezone(KST).isoformat(timespec="seconds") if moment else ""


def iso_of_unix(second: int) -> str:
    """`iso` of a unix second."""
    return datetime.fromtimestamp(second, tz=KST).isoformat()


def stamp(moment: datetime, zone: tzinfo = KST) -> str:
    """For a screen: 2022-11-29 12:15:57 KST."""
    local = moment.astimezone(zone)
    # A third of what strftime takes, and a list asks for a hundred.
    return f"{local.isoformat(' ', 'seconds')[:19]} {local.tzname()}"
