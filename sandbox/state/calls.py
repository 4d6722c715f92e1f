"""Counts of gateway calls per method and path template, and a bounded log of the latest.

Paths carry no query string and no header, so no secret can end here.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

RECENT = 1000
FIELDS = ("at", "method", "path", "status")


class Calls:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._counts: Counter[str] = Counter()
            self._recent: deque[tuple[float, str, str, int]] = deque(maxlen=RECENT)

    def add(self, at: float, method: str, template: str, path: str, status: int) -> None:
        with self._lock:
            self._counts[f"{method} {template}"] += 1
            self._recent.append((at, method, path, status))

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            counts, recent = dict(self._counts), list(self._recent)
        return {
            "total": sum(counts.values()),
            "counts": counts,
            "recent": [dict(zip(FIELDS, call, strict=True)) for call in recent],
        }
