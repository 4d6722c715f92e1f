"""What a request says, as text that any database takes: the one seam in front of all pages.

No view, form or look-up behind it meets NUL, half a surrogate or what turns the reading direction,
in the path, the query, a form or a cookie. A sign that can't be there is replaced, not dropped: an
id with one in it is no id. What people type is composed (NFC), but for passwords, which are kept as
a hash of what was typed. A body that is no form is read by its view alone, and checked there.
"""

import codecs
import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from payments.core.text import composed, readable

# Query strings and forms are in it, whatever a content type claims for the body.
_ENCODING = "utf-8"
_READ_AS_IT = {"utf-8", "ascii"}
# An encoding that reads any bytes, for every other one that a content type may name.
_ANY_BYTES = "iso-8859-1"
_CHARSET = re.compile(r"""(;\s*charset\s*=\s*)["']?([^;"']*)["']?""", re.IGNORECASE)


class Application(WSGIHandler):
    """Django's, with a content type that it can take."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = safe_content_type(content_type)
        return super().__call__(environ, start_response)


def safe_content_type(content_type: str) -> str:
    """The content type, naming an encoding by which Django can read a query.

    It reads one with whatever stands here before any middleware runs, and Python knows encodings
    that are none of text ("base64") or that refuse everything ("undefined").
    """
    return _CHARSET.sub(lambda match: match[1] + _safe_charset(match[2].strip()), content_type)


def _safe_charset(name: str) -> str:
    try:
        return name if codecs.lookup(name).name in _READ_AS_IT else _ANY_BYTES
    except (LookupError, ValueError):
        return _ENCODING


class ReadableTextMiddleware:
    """Replaces what can't be there before anybody reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        form_encoding = _claimed_encoding(request)
        request.path, request.path_info = readable(request.path), readable(request.path_info)
        request.COOKIES = {name: readable(value) for name, value in request.COOKIES.items()}
        request_: Any = request  # its type knows no other parameters than its own
        request_.GET = _readable_params(request.GET)
        _read_form_later(request, form_encoding)
        return self.get_response(request)


def _claimed_encoding(request: HttpRequest) -> str:
    """The encoding that the content type names, which from now on is ours; "" for none."""
    if request.encoding is None:
        return ""
    claimed = codecs.lookup(request.encoding).name
    request.encoding = _ENCODING
    return claimed


def _read_form_later(request: HttpRequest, encoding: str) -> None:
    """Have the form checked when it is read: a body may be for its view alone (webhooks)."""
    request_: Any = request
    load = request_._load_post_and_files

    def load_readable() -> None:
        if encoding and encoding not in _READ_AS_IT:
            raise BadRequest("The form is not in UTF-8.")
        load()
        request_._post = _readable_params(request_._post)

    # `request.POST` asks for it at its first use. Django has no seam between the two.
    request_._load_post_and_files = load_readable


def _readable_params(params: QueryDict) -> QueryDict:
    """The same parameters, the very same object where nothing had to be changed."""
    asked = [(name, value) for name, values in params.lists() for value in values]
    usable = [(readable(name), _readable_value(name, value)) for name, value in asked]
    if usable == asked:
        return params
    changed = QueryDict(mutable=True)
    for name, value in usable:
        changed.appendlist(name, value)
    changed._mutable = False
    return changed


def _readable_value(name: str, value: str) -> str:
    usable = readable(value)
    return usable if "password" in name else composed(usable)
