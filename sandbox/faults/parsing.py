"""A fault from what somebody asks for; every refusal names the field.

To add a field, add it to `Fault` in registry.py, to `FIELDS` and to `parse`.
"""

from __future__ import annotations

from typing import Any

from . import answers, bodies, calls, lists
from .registry import Fault

KINDS = (*calls.ACTIONS, *lists.SHIFTS, *answers.CHANGES, *bodies.ACTIONS)
FIELDS = ("match", "kind", "times", "seconds", "status", "retry_after", "body", "bytes", "rows")
MAX_BYTES = 2**30
_RANGES = {"status": (200, 599), "bytes": (1, MAX_BYTES), "page": (1, 10**9)}


class FaultError(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def parse(given: Any) -> Fault:
    if not isinstance(given, dict):
        raise FaultError("body", "must be a JSON object")
    match = given.get("match") or {}
    if not isinstance(match, dict):
        raise FaultError("match", "must be an object with method, path and page")
    if given.get("kind") not in KINDS:
        raise FaultError("kind", f"must be one of {', '.join(KINDS)}")
    unknown = (set(given) - set(FIELDS)) | (set(match) - {"method", "path", "page"})
    if unknown:
        raise FaultError(min(unknown), "unknown field")
    seconds = _number(given, "seconds", float)
    if given["kind"] == "latency" and seconds is None:
        raise FaultError("seconds", "a latency needs its seconds")
    return Fault(
        kind=given["kind"],
        method=_text(match, "method", upper=True),
        path=_text(match, "path"),
        page=_number(match, "page", int),
        times=_number(given, "times", int),
        seconds=seconds,
        status=_number(given, "status", int),
        retry_after=_number(given, "retry_after", int),
        body=_text(given, "body"),
        bytes=_number(given, "bytes", int),
        rows=_number(given, "rows", int),
    )


def _text(given: dict[str, Any], name: str, upper: bool = False) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise FaultError(name, "must be text")
    return value.upper() if value and upper else value


def _number(given: dict[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or kind(value) != value:
        raise FaultError(name, f"must be {kind.__name__}")
    low, high = _RANGES.get(name, (0, 86400))
    if not low <= value <= high:
        raise FaultError(name, f"must be between {low} and {high}")
    return kind(value)
