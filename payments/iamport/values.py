"""One value of an answer: strict where money and identity hang on it, lenient everywhere else.

A wrong shape is `ShapeError` naming the field, never its value. To read a value of another kind:
a function here.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import UNSHOWN
from .fields import LIMITS, Mask, Text, TooLong
from .personal import scrubbed
from .schemas import Amount

LATEST = 253_402_300_799  # the last second of the year 9999: past it no datetime can be made
_MOST = 2**63 - 1  # what a database holds
_UNCUT = 10_000  # characters of a free text that are looked through
UNUSABLE = re.compile("[\0\ud800-\udfff]")  # NUL and half surrogates: no database takes them


class ShapeError(ValueError):
    """The answer has not the contract's shape; the text names the field."""


class Doubled(dict[str, Any]):
    """An object of JSON that names a field twice with two values: neither is to be believed."""


def text(value: Any) -> str:
    """Text; null is "". Anything else as JSON. Without what no database or page takes."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            raise ShapeError("a text is nested too deeply") from None
    return UNSHOWN.sub("", str(value).encode("utf-8", "replace").decode())


def limited(field: Text, value: Any) -> str:
    """Text within its limit. Free text is cut later: a card number cut in two is not found."""
    if type(value) is str and value.isascii() and value.isprintable() and len(value) <= field.limit:
        return value  # most are, and need no second look
    words = text(value)
    if len(words) <= field.limit:
        return words
    if field.too_long is TooLong.MALFORMED:
        raise ShapeError(f"{field.name} is longer than {field.limit} characters")
    if field.too_long is TooLong.ABSENT:
        return ""
    return words[: _UNCUT if field.mask is Mask.SCRUBBED else field.limit]


def free_text(field: Text, words: str, persons: tuple[str, ...]) -> str:
    return scrubbed(words, persons)[: field.limit]


def whole(value: Any) -> int:
    """A count or a unix second from an int, an integral float or numeric text; otherwise 0."""
    return whole_or_none(value) or 0


def flag(value: Any) -> bool:
    return value is True


def flag_or_none(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def whole_or_none(value: Any, most: int = LATEST) -> int | None:
    if type(value) is int:
        return value if 0 <= value <= most else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    # Bounded before int(): "1e999999999" is a valid Decimal.
    if not number.is_finite() or not 0 <= number <= most or number != int(number):
        return None
    return int(number)


def json_object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(f"{where} is not an object")
    if isinstance(value, Doubled):
        raise ShapeError(f"{where} says something twice, and not the same")
    return value


def required_text(row: dict[str, Any], name: str, where: str) -> str:
    """Text that identity hangs on is never mended: mended, it would be another id."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ShapeError(f"{where}.{name} is missing or no text")
    if (not value.isascii() and UNUSABLE.search(value)) or "\0" in value:
        raise ShapeError(f"{where}.{name} holds characters that can't be stored")
    if len(value) > LIMITS.get(name, len(value)):
        raise ShapeError(f"{where}.{name} is longer than {LIMITS[name]} characters")
    return value


def required_flag(row: dict[str, Any], name: str, where: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise ShapeError(f"{where}.{name} is missing or not true/false")
    return value


def amount_of(row: dict[str, Any], name: str, where: str, currency: str) -> Amount:
    value = row.get(name)
    if type(value) is int and 0 <= value <= _MOST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ShapeError(f"{where}.{name} is missing or no number")
    number = Decimal(str(value))
    if not number.is_finite() or not 0 <= number <= _MOST:
        raise ShapeError(f"{where}.{name} is not an amount")
    if number == number.to_integral_value():
        return int(number)
    if currency.upper() == "KRW":
        raise ShapeError(f"{where}.{name} is not in whole won")
    return number
