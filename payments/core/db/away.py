"""Whether the database is away: gone, starting, out of room, not to be written to.

Two questions are asked about an error, and both rest on the one list of states in here:

- `absence_of`: what the database itself says about its state. Narrow, for what is answered to
  people (`backoffice.database_away`, `backoffice.health`): a mistake of ours, a lock that was not
  got and a query that took too long must not look like an outage.
- `is_away`: whether trying again later may help. Wide, for work: whoever catches `Exception` around
  one of many things asks it first and lets such an error through, because it is about all of them.
  There a lock or a time-out is a reason to wait as well, and a state that nobody has listed too.

To count another state: its line in `_STATES`, `_FULL_AT_THE_DOOR` or `_SQLITE`.
"""

from enum import StrEnum
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError


class Absence(StrEnum):
    """In which way the database can't be used."""

    GONE = "gone"
    FULL = "full"
    READ_ONLY = "readonly"


# SQLSTATEs by which PostgreSQL sends somebody away: too many of them, a server that stops, crashed,
# starts, or has just dropped the database. Class 08 are broken connections.
_BROKEN_CONNECTION = "08"
_STATES = dict.fromkeys(("53300", "57P01", "57P02", "57P03", "57P04", "57P05"), Absence.GONE) | {
    "53100": Absence.FULL,
    # A write on a server that only follows another one: in the middle of a failover, the address
    # may lead there for some seconds.
    "25006": Absence.READ_ONLY,
}
# What a server without room on its disk says to whoever connects, which comes without a state.
_FULL_AT_THE_DOOR = ("could not write init file", "No space left on device")
# What SQLite says of its file, by how the names of its results begin.
_SQLITE = {
    "SQLITE_CANTOPEN": Absence.GONE,
    "SQLITE_IOERR": Absence.GONE,
    "SQLITE_FULL": Absence.FULL,
    "SQLITE_READONLY": Absence.READ_ONLY,
}
# SQLite has the same class for these, which no waiting mends.
_MISTAKES = ("no such ", "near ", "has no column ")


def absence_of(error: BaseException | None) -> Absence | None:
    """In which way the database can't be used; None if it only did not like what it was told."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    cause: Any = error.__cause__
    if name := getattr(cause, "sqlite_errorname", None):
        return next((absence for text, absence in _SQLITE.items() if name.startswith(text)), None)
    state = getattr(cause, "sqlstate", None)
    if state is not None and not state.startswith(_BROKEN_CONNECTION):
        return _STATES.get(state)
    if any(words in str(error) for words in _FULL_AT_THE_DOOR):
        return Absence.FULL
    # Without a state the server has not answered at all.
    return Absence.GONE if isinstance(error, OperationalError | InterfaceError) else None


def is_away(error: BaseException) -> bool:
    """Whether trying again later may help. False for a mistake in what was asked."""
    if isinstance(error, OperationalError):
        return not any(words in str(error) for words in _MISTAKES)
    return isinstance(error, InterfaceError) or absence_of(error) is not None


def reason(error: BaseException) -> str:
    """What the database or its driver says, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
