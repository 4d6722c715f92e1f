"""The faults that are on, which calls each of them meets, and how often it acted."""

from __future__ import annotations

import fnmatch
import itertools
import threading
from collections.abc import Container
from dataclasses import asdict, dataclass
from typing import Any

from flask import Request

from sandbox.api.paths import is_gateway


@dataclass
class Fault:
    """Without a path it meets every gateway call and nothing else; `page` is a list's page."""

    kind: str
    method: str | None = None
    path: str | None = None
    page: int | None = None
    times: int | None = None
    seconds: float | None = None
    status: int | None = None
    retry_after: int | None = None
    body: str | None = None
    bytes: int | None = None
    rows: int | None = None
    id: int = 0
    fired: int = 0

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.fired >= self.times

    def meets(self, request: Request) -> bool:
        return (
            not self.is_spent
            and self.method in (None, request.method)
            and self._is_path(request.path)
            and self.page in (None, request.args.get("page", 1, type=int))
        )

    def _is_path(self, path: str) -> bool:
        if self.path is None:
            return is_gateway(path)
        if any(mark in self.path for mark in "*?["):
            return fnmatch.fnmatchcase(path, self.path)
        return path.startswith(self.path)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []
        self._released = threading.Event()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> int:
        """One fault, or all of them; calls that hang or drip are let go."""
        with self._lock:
            kept = [fault for fault in self._faults if fault_id not in (None, fault.id)]
            removed = len(self._faults) - len(kept)
            self._faults = kept
            self._released.set()
            self._released = threading.Event()
        return removed

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def meeting(self, request: Request, kinds: Container[str]) -> list[Fault]:
        """Those of these kinds that meet a call, in the order they were added."""
        if not self._faults:
            return []
        return [fault for fault in self.all() if fault.kind in kinds and fault.meets(request)]

    def fire(self, fault: Fault) -> bool:
        """Counts it, right before it acts. False: other calls have used it up meanwhile."""
        with self._lock:
            if fault.is_spent or fault not in self._faults:
                return False
            fault.fired += 1
        return True

    def hang(self, seconds: float) -> bool:
        """True if faults were taken away before the time was over."""
        return self._released.wait(seconds)
