"""Our clocks beside the gateway's: while they are too far apart, nothing is ended by the time.

Each answer of the gateway tells its time (`gateway.heard_times`). This process's clock and the
database's are held against it: a wrong one closes a day that is not over, or an order that its
customer is about to pay. Whoever does what can't be taken back because of the time asks
`may_decide` right before; who only wants to know without a call asks `is_apart`.

The last comparison is in one row, so that every process sees when another one's clock is wrong;
without that row, or without the database, each process goes by its own. To let another clock take
part: add it to `_ours`.
"""

import logging
import socket
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from payments import gateway
from payments.core.db.away import reason
from payments.core.db.clock import database_now, recent
from payments.iamport import IamportError
from payments.models import MOST_APART, ClockComparison
from payments.selectors import clock as selector

logger = logging.getLogger(__name__)

# What the gateway said longer ago proves nothing.
FRESH_FOR = timedelta(minutes=10)
# Asked again before that is over, where no other call does.
ASK_AFTER = timedelta(minutes=5)
WRITTEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`skew`: ours minus the gateway's, of the clock that is furthest off."""

    skew: timedelta
    gateway_now: datetime

    @property
    def is_apart(self) -> bool:
        """Whether nothing may be decided by the time."""
        return abs(self.skew) > MOST_APART


@dataclass(slots=True)
class _Written:
    """What this process last wrote, when by the monotonic clock, and how things seemed then."""

    at: float = float("-inf")
    is_apart: bool = False
    seemed_apart: bool = False


_written = _Written()


def may_decide() -> bool:
    """Whether what can't be taken back may be decided by the time it is now.

    Asks the gateway for its time if it has said nothing for `FRESH_FOR`, or something that differs:
    no answer is no. Makes a call, so never inside a transaction.
    """
    comparison = check()
    return comparison is not None and not comparison.is_apart and selector.apart() is None


def check() -> Comparison | None:
    """Compare now, asking the gateway where its last word is old or differs; None: no answer.

    What differs is asked about again, because its time is carried on by a clock of ours that stands
    still while a machine sleeps.
    """
    comparison = compare(within=ASK_AFTER)
    if comparison is None or comparison.is_apart:
        try:
            gateway.client().ask_time()
        except (IamportError, ValueError) as error:
            logger.warning("the gateway did not tell its time", extra={"reason": str(error)})
        comparison = compare()
    share(comparison)
    return comparison


def is_apart() -> bool:
    """Whether some clock of ours is known to be wrong. Makes no call."""
    comparison = compare()
    return (comparison is not None and comparison.is_apart) or selector.apart() is not None


def compare(*, within: timedelta = FRESH_FOR) -> Comparison | None:
    """Our clocks beside what the gateway said in this process not longer ago; None if nothing."""
    now = time.monotonic()
    theirs = [
        heard.carried_on(now)
        for heard in gateway.heard_times()
        if now - heard.monotonic <= within.total_seconds()
    ]
    skews = [(ours - moment, moment) for ours in _ours() for moment in theirs] if theirs else []
    return Comparison(*max(skews, key=lambda skew: abs(skew[0]))) if skews else None


def _ours() -> tuple[datetime, ...]:
    return timezone.now(), database_now()


def share(comparison: Comparison | None = None) -> None:
    """Let every process see this one's comparison: once a minute, and when the verdict changes.

    For right after a call of the gateway. Writes nothing inside anybody's transaction; trouble with
    the database is no trouble of the caller's.
    """
    if connection.in_atomic_block or not gateway.heard_times():
        return
    try:
        if _is_worth_writing(comparison) and (comparison := comparison or compare()):
            _write(comparison)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("clocks' comparison not written", extra={"reason": reason(error)})


def _is_worth_writing(comparison: Comparison | None) -> bool:
    if time.monotonic() - _written.at >= WRITTEN_EVERY.total_seconds():
        return True
    if comparison is not None:
        return comparison.is_apart != _written.is_apart
    return _seems_apart() != _written.seemed_apart


def _seems_apart() -> bool:
    """By this process's clock alone, without a query."""
    now, monotonic = timezone.now(), time.monotonic()
    times = [heard.carried_on(monotonic) for heard in gateway.heard_times()]
    return any(abs(now - moment) > MOST_APART for moment in times)


def _write(comparison: Comparison) -> None:
    now, host = database_now(), socket.gethostname()
    fields = {"host": host, "skew": comparison.skew.total_seconds(), "compared_at": now}
    rows = ClockComparison.objects.filter(pk=ClockComparison.ROW)
    if comparison.is_apart:
        fields["apart_at"] = comparison.gateway_now
    else:
        # Another machine's wrong clock stays seen, until that machine says otherwise or is gone.
        limit = MOST_APART.total_seconds()
        others = rows.exclude(host=host).exclude(skew__range=(-limit, limit))
        others = others.filter(recent("compared_at", now=now, within=FRESH_FOR))
        rows = rows.exclude(pk__in=others.values("pk"))
    if not rows.update(**fields):
        ClockComparison.objects.get_or_create(pk=ClockComparison.ROW, defaults=fields)
    _written.at, _written.is_apart = time.monotonic(), comparison.is_apart
    _written.seemed_apart = _seems_apart()


def forget() -> None:
    """As in a new process that has heard and written nothing: for tests, which share one."""
    gateway.forget_times()
    _written.at, _written.is_apart, _written.seemed_apart = float("-inf"), False, False
