"""Holds still what would differ between two runs: the clock, randomness, what is counted in memory.

Random bytes depend on how many were asked for and on how often in this request, not on what else
was drawn: so one draw more or less, for a token that no page shows, moves no other.
"""

import hashlib
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import time_machine
from django.core import mail
from django.core.cache import cache

from .sides import LOOKED_AT

_drawn: Counter[int] = Counter()


def _bytes(size: int) -> bytes:
    _drawn[size] += 1
    return hashlib.shake_256(f"{size}/{_drawn[size]}".encode()).digest(size)


@contextmanager
def held_still() -> Iterator[None]:
    """The clock stands at `LOOKED_AT`; randomness is what `begin` starts anew."""
    # Both names under which the standard library draws: uuid and secrets go through them.
    os.urandom = _bytes
    random._urandom = _bytes  # type: ignore[attr-defined]
    with time_machine.travel(LOOKED_AT, tick=False):
        yield


def begin() -> None:
    """Another request: as if it were the first that this process answers."""
    _drawn.clear()
    random.seed(0)
    cache.clear()
    mail.outbox = []
