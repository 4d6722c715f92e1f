"""How control calls read their input and refuse it: HTTP 400 with JSON naming the field."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from sandbox.api import money
from sandbox.api.envelope import dump


class InputError(Exception):
    def __init__(self, field: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.field, self.message, self.status = field, message, status


def refusal(error: InputError) -> Response:
    return answer({"error": error.message, "field": error.field}, error.status)


def answer(value: Any, status: int = 200) -> Response:
    return Response(dump(value), status, mimetype="application/json; charset=utf-8")


def any_json() -> Any:
    try:
        return json.loads(request.get_data() or b"{}")
    except ValueError:
        raise InputError("body", "is not JSON") from None


def json_object(allowed: set[str] | None = None) -> dict[str, Any]:
    return checked(any_json(), allowed)


def checked(body: Any, allowed: set[str] | None = None, where: str = "") -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InputError(where or "body", "must be a JSON object")
    for name in body:
        if allowed is not None and name not in allowed:
            raise InputError(where + name, "unknown field")
    return body


def second(given: dict[str, Any], name: str, where: str = "") -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**11:
        raise InputError(where + name, "must be unix seconds")
    return int(value)


def number(given: dict[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 10**11:
        raise InputError(name, "must be a number")
    return float(value)


def flag(given: dict[str, Any], name: str, default: bool, where: str = "") -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise InputError(where + name, "must be true or false")
    return value


def amount(given: dict[str, Any], name: str, where: str = "") -> Any:
    value = money.parse(given.get(name))
    if value is None:
        raise InputError(where + name, "must be a number")
    return value
