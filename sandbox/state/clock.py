"""The sandbox's clock: the machine's time plus an offset that is kept in the data file.

Every time the gateway writes or compares comes from here, so a test can let a token expire or
a deposit deadline pass without waiting. To react to a jump, `subscribe` a function.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .store import Store


class Clock:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.get_meta("clock_offset") or 0)
        self._listeners: list[Callable[[], None]] = []

    @property
    def offset(self) -> float:
        return self._offset

    def now(self) -> float:
        return time.time() + self._offset

    def timestamp(self) -> int:
        return int(self.now())

    def subscribe(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def set_offset(self, offset: float) -> None:
        self._offset = offset
        self._store.set_meta("clock_offset", repr(offset))
        for listener in self._listeners:
            listener()

    def set_now(self, now: float) -> None:
        self.set_offset(now - time.time())

    def advance(self, seconds: float) -> None:
        self.set_offset(self._offset + seconds)
