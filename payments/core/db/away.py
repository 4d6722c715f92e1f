"""Whether the database is away: gone, starting, out of room; not that it refuses what it was asked.

Whoever catches `Exception` around one of many things asks `is_away` first and lets such an error
through: it is about all of them. To count another error as this kind: extend `is_away`.
"""

from django.db import DatabaseError, InterfaceError, OperationalError

# PostgreSQL's code for a write on a server that only follows another one: in the middle of a
# failover, the address may lead there for some seconds.
_READ_ONLY = "25006"
# SQLite has the same class for these, which no waiting mends.
_MISTAKES = ("no such ", "near ", "has no column ")


def is_away(error: BaseException) -> bool:
    """Whether trying again later may help. False for a mistake in what was asked."""
    if isinstance(error, OperationalError):
        return not any(words in str(error) for words in _MISTAKES)
    if isinstance(error, DatabaseError):
        return getattr(error.__cause__, "sqlstate", None) == _READ_ONLY
    return isinstance(error, InterfaceError)


def reason(error: BaseException) -> str:
    """What the database or its driver says, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
