"""Several at once, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import connections

from payments import locks
from payments.models import Payment

Act = Callable[[], object]


class Killed(Exception):
    """The process dies before it commits."""


def in_parallel(*acts: Act) -> list[BaseException]:
    """All of them at once; what went wrong."""
    problems: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Act) -> None:
        try:
            start.wait(timeout=30)
            act()
        except BaseException as error:  # noqa: BLE001
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return problems


@contextmanager
def still_open(
    act: Callable[[Payment], object], payment_id: int, *, dies: bool = False
) -> Iterator[None]:
    """Somebody has done this under a payment's lock, and commits (or dies) when the block ends."""
    has_written, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with suppress(Killed), locks.locked_payment(payment_id) as locked:
            act(locked)
            has_written.set()
            may_end.wait(timeout=60)
            if dies:
                raise Killed
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert has_written.wait(timeout=60)
        yield
    finally:
        may_end.set()
        thread.join()
