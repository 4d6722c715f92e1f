"""What a browser may send: a JSON object (or a form) of named texts, and nothing else.

Each refusal names the field and says what to send. To take another field, add a `Text` to the
endpoint's list; a field that is not listed (an amount, say) is refused, not ignored.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from payments.ledger import clean

from .refusals import Refusal

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


@dataclass(frozen=True, slots=True)
class Text:
    """One field. `cut` shortens what is too long instead of refusing it: for text only kept."""

    limit: int
    required: bool = True
    pattern: str = ""
    cut: bool = False


def read(request: HttpRequest, fields: Mapping[str, Text]) -> dict[str, str]:
    """The fields that were sent, "" for one that was left out. Raises Refusal."""
    sent = _sent(request)
    for name in sent:
        if name not in fields:
            raise _bad(name, _unknown(name, fields))
    return {name: _value(name, sent.get(name), field) for name, field in fields.items()}


def _sent(request: HttpRequest) -> Mapping[str, object]:
    try:
        if request.content_type == "application/json":
            return _json(request.body)
        if request.content_type in FORMS:
            form = request.POST.dict()
            form.pop("csrfmiddlewaretoken", None)
            return form
    except RequestDataTooBig:
        raise Refusal(413, "too_large", _("The request is too large.")) from None
    except MultiPartParserError:
        raise Refusal(400, "broken_form", _("The form could not be read.")) from None
    raise Refusal(
        415,
        "content_type",
        _("Send a JSON object with the content type application/json."),
    )


def _json(body: bytes) -> Mapping[str, object]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "broken_json", _("The request is not readable JSON.")) from None
    if not isinstance(data, dict):
        raise Refusal(400, "broken_json", _("Send one JSON object."))
    return data


def _value(name: str, value: object, field: Text) -> str:
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise _bad(name, _("“%(name)s” must be text in quotes.") % {"name": name})
    text = value.strip()
    if field.cut:
        return clean(text, field.limit)
    if field.required and not text:
        raise _bad(name, _("“%(name)s” is missing.") % {"name": name})
    if len(text) > field.limit:
        raise _bad(name, _too_long(name, field))
    # What no database takes (NUL, half a surrogate) is in no honest field.
    if clean(text) != text or (text and not re.fullmatch(field.pattern or r"(?s:.*)", text)):
        raise _bad(name, _("“%(name)s” holds characters that it can't have.") % {"name": name})
    return text


def _too_long(name: str, field: Text) -> str:
    return _("“%(name)s” is longer than %(limit)s characters.") % {
        "name": name,
        "limit": field.limit,
    }


def _unknown(name: str, fields: Mapping[str, Text]) -> str:
    return _("“%(name)s” is not expected here. Send: %(names)s.") % {
        "name": clean(name, 40),
        "names": ", ".join(fields),
    }


def _bad(field: str, message: str) -> Refusal:
    return Refusal(400, "bad_input", message, field=clean(field, 40))
