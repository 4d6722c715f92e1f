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
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from payments.core.text import clean

from .refusals import Refusal

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


@dataclass(frozen=True, slots=True)
class Text:
    """One field. `cut` shortens what is too long instead of refusing it: for text only kept.

    `label` is what a customer knows the field by, `hint` what to write where `pattern` fails.
    """

    limit: int
    required: bool = True
    pattern: str = ""
    cut: bool = False
    label: str | Promise = ""
    hint: str | Promise = ""


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
    words = {"name": field.label or name, "limit": field.limit}
    if not isinstance(value, str):
        raise _bad(name, _("“%(name)s” must be text in quotes.") % words)
    text = value.strip()
    if field.cut:
        return clean(text, field.limit)
    if field.required and not text:
        raise _bad(name, _("“%(name)s” is missing.") % words)
    if len(text) > field.limit:
        raise _bad(name, _("“%(name)s” is longer than %(limit)s characters.") % words)
    if not _is_fit(text, field):
        hint = field.hint or _("“%(name)s” holds characters that it can't have.") % words
        raise _bad(name, str(hint))
    return text


def _is_fit(text: str, field: Text) -> bool:
    # What no database takes (NUL, half a surrogate) is in no honest field.
    matches = not field.pattern or not text or re.fullmatch(field.pattern, text) is not None
    return matches and clean(text) == text


def _unknown(name: str, fields: Mapping[str, Text]) -> str:
    return _("“%(name)s” is not expected here. Send: %(names)s.") % {
        "name": clean(name, 40),
        "names": ", ".join(fields),
    }


def _bad(field: str, message: str) -> Refusal:
    return Refusal(400, "bad_input", message, field=clean(field, 40))
