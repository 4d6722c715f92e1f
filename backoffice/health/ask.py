"""Asks about everything, within a few seconds whatever happens.

The asking is done on a thread with a connection of its own: a new one, so that what keeps new ones
out is noticed, and one that can be left alone when it hangs. A server whose machine is gone, or
that was stopped in the middle of a sentence, answers nothing for as long as the system waits.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import connection

from payments.core.db.away import reason
from payments.core.db.clock import database_now

from . import database, work
from .component import Component, Health, Status, unknown

# Longer than a connection (`connect_timeout`) and one question may take.
WITHIN = 6.0  # seconds

_WORK: dict[str, Callable[[datetime], Component]] = {
    "worker": work.worker,
    "schedule": work.schedule,
    "gateway": work.gateway,
    "clock": work.clock,
}


class Asking:
    """One asking under way."""

    def __init__(self) -> None:
        self._health: Health | None = None
        self._thread = threading.Thread(target=self._ask, name="health", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it has an answer, or has failed to get one."""
        return not self._thread.is_alive()

    def health(self, *, within: float) -> Health:
        """What it found; if it finds nothing in so many seconds, that the database is silent."""
        self._thread.join(within)
        return self._health or without_database(database.silent(within))

    def _ask(self) -> None:
        try:
            self._health = examine()
        finally:
            connection.close()


def ask() -> Health:
    """How the installation is now."""
    return Asking().health(within=WITHIN)


def examine() -> Health:
    """The same on the connection of this thread, however long it takes."""
    first = database.database()
    if first.status is Status.DOWN and first.state in {"gone", "silent"}:
        return without_database(first)
    components = [first, _asked(database.MIGRATIONS, database.migrations)]
    # Without a time to go by, nothing about the work can be said either.
    components += [_asked(name, partial(_at_work, question)) for name, question in _WORK.items()]
    return Health(tuple(components))


def without_database(state: Component) -> Health:
    """What is known when nothing can be asked."""
    others = (database.MIGRATIONS, *_WORK)
    return Health((state, *(unknown(name, "the database is away") for name in others)))


def _at_work(question: Callable[[datetime], Component]) -> Component:
    return question(database_now())


def _asked(name: str, question: Callable[[], Component]) -> Component:
    """Its answer; that there is none if the database refuses or does not get done."""
    try:
        with database.brief():
            return question()
    except database.Failed as error:
        return unknown(name, reason(error))
