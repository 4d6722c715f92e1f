"""What a posted body says: its fields, whatever it is written in; None if it can't be read.

Whether it is JSON or a form may be a switch at the sender's, and a proxy may drop the header: so
the body itself decides what it is. To read another kind of body: a function that gives its fields
or None, and the line of `_fields` that calls it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qsl

from payments.core.text import clean

Fields = Mapping[str, object]

# What begins like this is meant as JSON: cut short, it is no form with an odd name.
_JSON_STARTS = ("{", "[", '"')
# So nothing that merely holds a "=" passes for a form, unless it has the field that matters.
_FORM_NAME = re.compile(r"[\w.\[\]-]{1,64}")
_LONGEST_NUMBER = 40  # digits; Python refuses some thousands, and with them the whole body


@dataclass(frozen=True, slots=True)
class Reading:
    """A body as text, fit for any database, and its fields; None: it can't be read."""

    text: str
    fields: Fields | None

    def text_of(self, name: str, limit: int = 64) -> str:
        """A field as text, "" if it is missing or is neither text nor a number."""
        value = (self.fields or {}).get(name)
        return clean(str(value).strip(), limit) if isinstance(value, (str, int)) else ""


def read(*, body: bytes, content_type: str, matters: str) -> Reading:
    """The body as it was meant. Raises nothing, whatever was posted.

    A form that holds the field that `matters` may be odd in all others.
    """
    # By its first bytes, as JSON's own rules have it: a mark (BOM), or where its zeros stand.
    text = clean(body.decode(json.detect_encoding(body), "replace"))
    return Reading(text, _fields(text, body, content_type, matters))


def _fields(text: str, body: bytes, content_type: str, matters: str) -> Fields | None:
    start = text.strip()
    if start.startswith("--"):
        return _multipart(body, f'multipart/form-data; boundary="{_first_line(start)[2:]}"')
    if start.startswith(_JSON_STARTS):
        return _json(start)
    parts = _multipart(body, content_type) if "multipart" in content_type.lower() else None
    return parts or _form(start, matters)


def _json(text: str) -> Fields | None:
    """What is wrong with one value (a line break, endless digits) costs none of the others."""
    try:
        data = json.loads(text, strict=False, parse_int=_number)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data else None


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _form(text: str, matters: str) -> Fields | None:
    """The fields of a form. One that has the field that matters may hold odd things beside it."""
    pieces = [piece for piece in text.split("&") if piece]
    named = [piece for piece in pieces if "=" in piece]
    pairs = parse_qsl("&".join(named), keep_blank_values=True)
    fields = {name: value for name, value in pairs if _FORM_NAME.fullmatch(name)}
    is_whole = named == pieces and all(name in fields for name, _value in pairs)
    return fields if fields and (is_whole or fields.get(matters)) else None


def _multipart(body: bytes, content_type: str) -> Fields | None:
    """The fields of a multipart form; one that was cut short has no closing boundary."""
    head = f"Content-Type: {_first_line(clean(content_type))}\r\n\r\n"
    try:
        message = BytesParser().parsebytes(head.encode() + body.lstrip())
        is_whole = message.is_multipart() and not message.defects
        parts = [part for part in message.walk() if part is not message] if is_whole else []
        fields = dict(_field(part) for part in parts)
    except (ValueError, LookupError, RecursionError):
        return None
    fields.pop("", None)
    return fields or None


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()


def _field(part: Message) -> tuple[str, str]:
    name = part.get_param("name", "", "content-disposition")
    content = part.get_payload(decode=True)
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return (name if isinstance(name, str) else ""), text
