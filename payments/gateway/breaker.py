"""How many calls are made at once, and when none are: a slow gateway must not hold every thread.

A process makes at most so many calls at once. After `SILENCES` calls in a row without an answer
the breaker opens: calls fail at once (`Busy`) instead of waiting for their time-out. Every
`PAUSE` seconds one call is let through as a probe; its answer closes the breaker.

Knows neither Django nor a database; what other processes have seen is put in by `shared`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from payments.iamport import Busy, IamportError, Unavailable

SILENCES = 3  # in a row
PAUSE = 2.0  # seconds between two probes
SLOT_WAIT = 1.0  # seconds that a call waits for others to end


class Breaker:
    """One for each process and gateway; threads share it."""

    def __init__(
        self,
        *,
        calls_at_once: int,
        refuses: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """With `refuses` off it only watches: every call is made, and counts as a probe."""
        self._calls_at_once = calls_at_once
        self._refuses = refuses
        self._monotonic = monotonic
        self._change = threading.Condition()
        self._under_way = 0
        self._silences = 0
        self._probe_at: float | None = None  # None: closed
        self._holds_slot = threading.local()

    @property
    def is_open(self) -> bool:
        """Whether the gateway is taken to be silent."""
        return self._probe_at is not None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around one call of the client. Raises Busy instead of making it."""
        self._refuse_if_open()
        with self.slot(wait=SLOT_WAIT) as is_free:
            if not is_free:
                raise Busy("too many questions at the gateway are under way")
            self._let_through()
            try:
                yield
            except Unavailable:
                self._count_silence()
                raise
            except IamportError:
                self.close()
                raise
            self.close()

    @contextmanager
    def slot(self, *, wait: float = 0.0) -> Iterator[bool]:
        """Hold a place for this thread's calls: False if none becomes free within `wait` seconds.

        Whoever would rather do something else than wait asks for one before calling.
        """
        if getattr(self._holds_slot, "value", False):
            yield True
            return
        if not self._take_slot(wait):
            yield False
            return
        self._holds_slot.value = True
        try:
            yield True
        finally:
            self._holds_slot.value = False
            self._give_slot_back()

    def _take_slot(self, wait: float) -> bool:
        with self._change:
            is_free = self._change.wait_for(lambda: self._under_way < self._calls_at_once, wait)
            self._under_way += is_free
            return is_free

    def _give_slot_back(self) -> None:
        with self._change:
            self._under_way -= 1
            self._change.notify()

    @property
    def may_call(self) -> bool:
        """Whether a call would be let through now: closed, or time for a probe."""
        if self._probe_at is None or not self._refuses:
            return True
        return self._monotonic() >= self._probe_at

    def _refuse_if_open(self) -> None:
        if not self.may_call:
            raise Busy("the gateway gave no answer lately and is left alone for a moment")

    def _let_through(self) -> None:
        with self._change:
            self._refuse_if_open()
            if self._probe_at is not None:
                # This call is the probe; the next one comes a pause later, whatever becomes of it.
                self._probe_at = self._monotonic() + PAUSE

    def _count_silence(self) -> None:
        with self._change:
            self._silences += 1
            if self._silences >= SILENCES:
                self._probe_at = self._monotonic() + PAUSE

    def open(self) -> None:
        """Another process has found the gateway silent."""
        with self._change:
            if self._probe_at is None:
                self._silences, self._probe_at = SILENCES, self._monotonic() + PAUSE

    def close(self) -> None:
        """The gateway answers, whatever it says."""
        with self._change:
            self._silences, self._probe_at = 0, None
