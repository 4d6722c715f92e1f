"""The gateway's envelope {code, message, response}, its refusals, and how a body is read.

A refusal is raised as `RefusalError` from anywhere and becomes the envelope in app.py. The Korean
texts are the contract's own where it gives them; the rest is in the same voice.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request

from . import money

_BRACKETS = re.compile(r"(?P<name>[^\[\]]+)\[(?P<key>[^\[\]]*)\]")
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
NOT_FOUND = "존재하지 않는 결제정보입니다."


class RefusalError(Exception):
    """The gateway says no: HTTP status, code, message (contract 2.0)."""

    def __init__(self, status: int, message: str, code: int = -1) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def business_failure(message: str) -> RefusalError:
    """HTTP 200 with code 1: the family that `raise_for_status` misses (contract 2.0)."""
    return RefusalError(200, message, code=1)


def not_found() -> RefusalError:
    return RefusalError(404, NOT_FOUND)


def raw_envelope(response: str, status: int = 200) -> Response:
    """For payments that are stored as JSON text already: no parse, no dump."""
    text = f'{{"code":0,"message":null,"response":{response}}}'
    return Response(text, status, mimetype="application/json; charset=utf-8")


def ok(response: Any, status: int = 200) -> Response:
    return raw_envelope(dump(response), status)


def refusal(refused: RefusalError) -> Response:
    body = {"code": refused.code, "message": refused.message, "response": None}
    return Response(dump(body), refused.status, mimetype="application/json; charset=utf-8")


def dump(value: Any) -> str:
    return _encoder.encode(value)


def parameters() -> dict[str, Any]:
    """The same names in JSON and in a form (contract 1.1, 2.0)."""
    if not request.is_json:
        return _form()
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusalError(400, "요청 본문이 올바른 JSON이 아닙니다.")
    return body


def _form() -> dict[str, Any]:
    """`name[]` and `name[0]` make a list of a name, `name[key]` an object."""
    given: dict[str, Any] = dict(request.form.items())
    lists: dict[str, list[str]] = {}
    objects: dict[str, dict[str, str]] = {}
    for spelling, values in request.form.lists():
        match = _BRACKETS.fullmatch(spelling)
        if match is None:
            continue
        if match["key"] == "" or match["key"].isdigit():
            lists.setdefault(match["name"], []).extend(values)
        else:
            objects.setdefault(match["name"], {})[match["key"]] = values[0]
    return given | objects | lists


def query_list(name: str) -> list[str]:
    """A list in the query in each spelling that published clients have for it, without blanks.

    `name[]=a`, `name[0]=a` (PHP's own), the bare name repeated, or with commas. Behind brackets
    a comma is part of the value: an order number may hold one (contract 2.0).
    """
    values: list[str] = []
    for spelling, given in request.args.lists():
        match = _BRACKETS.fullmatch(spelling)
        if spelling == name:
            values += [part for value in given for part in value.split(",")]
        elif match and match["name"] == name and not match["key"].strip("0123456789"):
            values += given
    return [value for value in values if value]


def is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def text(value: Any) -> str:
    """A text parameter; a number sent as JSON reads like its form spelling."""
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def whole(given: dict[str, Any], name: str) -> int | None:
    """A whole number from JSON or a form, None if it was not given."""
    if given.get(name) in (None, ""):
        return None
    number = money.parse(given[name])
    if number is None or number != number.to_integral_value() or abs(number) >= 10**15:
        raise RefusalError(400, f"{name} 파라메터가 올바르지 않습니다.")
    return int(number)


def query_int(name: str, default: int, low: int, high: int) -> int:
    raw = request.args.get(name)
    if raw in (None, ""):
        return default
    try:
        value = int(str(raw))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise RefusalError(400, f"{name} 파라메터가 올바르지 않습니다.")
    return value
