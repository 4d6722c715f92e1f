"""Faults: what a gateway, or the network in front of it, does on a bad day (contract 9.1).

A fault matches by method and path; without a path it meets every gateway call and nothing else.
All matching faults act in the order they were added; the first that answers ends the call.
To add a kind, add it to `KINDS` and to `_act`.
"""

from __future__ import annotations

import fnmatch
import itertools
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, g, request

from sandbox.api.envelope import RefusalError, refusal
from sandbox.api.paths import is_gateway
from sandbox.server import CUT
from sandbox.state.tokens import Tokens

KINDS = (
    "latency", "status", "html", "malformed", "cut", "hang", "after", "token", "ip_denied",
)  # fmt: skip
HANG_SECONDS = 600.0
_HTML = (
    "<html><head><title>{0} Bad Gateway</title></head><body><h1>{0} Bad Gateway</h1></body></html>"
)


class FaultError(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass
class Fault:
    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = None
    seconds: float | None = None
    status: int | None = None
    retry_after: int | None = None
    body: str | None = None
    id: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        if self.times is not None and self.fired >= self.times:
            return False
        return self.method in (None, method) and self._meets(path)

    def _meets(self, path: str) -> bool:
        if self.path is None:
            return is_gateway(path)
        if any(mark in self.path for mark in "*?["):
            return fnmatch.fnmatchcase(path, self.path)
        return path.startswith(self.path)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parse(given: Any) -> Fault:
    """A fault from control input; every refusal names the field."""
    if not isinstance(given, dict):
        raise FaultError("body", "must be a JSON object")
    match = given.get("match") or {}
    if not isinstance(match, dict):
        raise FaultError("match", "must be an object with method and path")
    if given.get("kind") not in KINDS:
        raise FaultError("kind", f"must be one of {', '.join(KINDS)}")
    unknown = set(given) - {"match", "kind", "times", "seconds", "status", "retry_after", "body"}
    if unknown:
        raise FaultError(min(unknown), "unknown field")
    seconds = _number(given, "seconds", float)
    if given["kind"] == "latency" and seconds is None:
        raise FaultError("seconds", "a latency needs its seconds")
    return Fault(
        kind=given["kind"],
        method=_text(match, "method", upper=True),
        path=_text(match, "path"),
        times=_number(given, "times", int),
        seconds=seconds,
        status=_number(given, "status", int),
        retry_after=_number(given, "retry_after", int),
        body=_text(given, "body"),
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
    low, high = (200, 599) if name == "status" else (0, 86400)
    if not low <= value <= high:
        raise FaultError(name, f"must be between {low} and {high}")
    return kind(value)


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
        """One fault, or all of them; calls that hang are let go."""
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

    def take(self, method: str, path: str) -> list[Fault]:
        if not self._faults:
            return []
        with self._lock:
            taken = [fault for fault in self._faults if fault.matches(method, path)]
            for fault in taken:
                fault.fired += 1
        return taken

    def hang(self, seconds: float) -> None:
        self._released.wait(seconds)


def apply(faults: Faults, tokens: Tokens) -> Response | None:
    """Runs before a call; a response ends it."""
    for fault in faults.take(request.method, request.path):
        response = _act(fault, faults, tokens)
        if response is not None:
            return response
    return None


def _act(fault: Fault, faults: Faults, tokens: Tokens) -> Response | None:
    match fault.kind:
        case "latency":
            time.sleep(fault.seconds or 0)
        case "token":
            tokens.revoke()
        case "after":
            g.cut_after = True
        case "hang":
            faults.hang(HANG_SECONDS if fault.seconds is None else fault.seconds)
            return cut()
        case "cut":
            return cut()
        case _:
            return _answer(fault)
    return None


def cut() -> Response:
    """The server closes the connection instead of answering."""
    request.environ[CUT] = True
    return Response(status=500)


def _answer(fault: Fault) -> Response:
    if fault.kind == "html":
        status = fault.status or 502
        response = Response(fault.body or _HTML.format(status), status, mimetype="text/html")
    elif fault.kind == "malformed":
        text = fault.body or '{"code":0,"message":null,"response":{"imp_uid":"imp_1'
        response = Response(text, fault.status or 200, mimetype="application/json")
    elif fault.kind == "ip_denied":
        # contract 9#12
        response = refusal(RefusalError(fault.status or 403, "허용되지 않은 IP입니다."))
    elif fault.body is not None:
        response = Response(fault.body, fault.status or 500, mimetype="application/json")
    else:
        response = refusal(
            RefusalError(fault.status or 500, "일시적으로 요청을 처리할 수 없습니다.")
        )
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response
