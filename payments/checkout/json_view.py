"""What every JSON endpoint has in common: POST, signed in, a form that fits, refusals as JSON.

An endpoint is a function of (request, user, fields) that returns what to send, or raises `Refusal`.
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from payments.core.text import clean

from .refusals import Refusal

Answer = dict[str, Any]
Endpoint = Callable[[HttpRequest, AbstractBaseUser, dict[str, str]], Answer]
View = Callable[[HttpRequest], JsonResponse]

JSON_TYPE = "application/json"
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
CSRF_FIELD = "csrfmiddlewaretoken"


def endpoint(form_class: type[forms.Form]) -> Callable[[Endpoint], View]:
    """Turn a function into a view that takes the fields of this form, and no others."""

    def decorate(function: Endpoint) -> View:
        @never_cache
        @wraps(function)
        def view(request: HttpRequest) -> JsonResponse:
            try:
                user, form = _person(request), form_class(_body(request))
                return JsonResponse(function(request, user, _fields(form)))
            except Refusal as refusal:
                return refusal.response

        return view

    return decorate


def _person(request: HttpRequest) -> AbstractBaseUser:
    if request.method != "POST":
        raise Refusal(405, "method", _("This address takes POST only."))
    if not request.user.is_authenticated:
        # Never a redirect: a script would follow it and take the sign-in page for an answer.
        raise Refusal(401, "sign_in", _("You are signed out. Sign in and try again."))
    return request.user


def _body(request: HttpRequest) -> Mapping[str, object]:
    """What was sent under which name."""
    if request.content_type not in {JSON_TYPE, *FORM_TYPES}:
        message = _("Send a JSON object with the content type application/json.")
        raise Refusal(415, "content_type", message)
    try:
        if request.content_type in FORM_TYPES:
            return {key: text for key, text in request.POST.dict().items() if key != CSRF_FIELD}
        data = json.loads(request.body)
    except RequestDataTooBig:
        raise Refusal(413, "too_large", _("The request is too large.")) from None
    except (MultiPartParserError, BadRequest, TooManyFieldsSent, TooManyFilesSent):
        raise Refusal(400, "broken_form", _("The form could not be read.")) from None
    except (ValueError, RecursionError):
        raise Refusal(400, "broken_json", _("The request is not readable JSON.")) from None
    if not isinstance(data, dict):
        raise Refusal(400, "broken_json", _("Send one JSON object."))
    return data


def _fields(form: forms.Form) -> dict[str, str]:
    """What was sent, "" for what was left out. Of several faults the first is refused."""
    if unknown := [clean(name, 40) for name in form.data if name not in form.fields]:
        message = _("“%(name)s” is not expected here. Send: %(names)s.")
        params = {"name": unknown[0], "names": ", ".join(form.fields)}
        raise Refusal(400, "bad_input", message % params, field=unknown[0])
    for name, faults in form.errors.as_data().items():
        params = (faults[0].params or {}) | {"name": form.fields[name].label or name}
        raise Refusal(400, "bad_input", str(faults[0].message) % params, field=name)
    return form.cleaned_data
