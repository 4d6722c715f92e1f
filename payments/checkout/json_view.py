"""What every JSON endpoint has in common: POST, signed in, readable fields, refusals as JSON.

An endpoint is a function of (request, user, fields) that returns what to send, or raises `Refusal`.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from .fields import Text, read
from .refusals import Refusal

Answer = dict[str, Any]
Endpoint = Callable[[HttpRequest, AbstractBaseUser, dict[str, str]], Answer]
View = Callable[[HttpRequest], JsonResponse]


def endpoint(fields: Mapping[str, Text]) -> Callable[[Endpoint], View]:
    """Turn a function into a view that takes these fields."""

    def decorate(function: Endpoint) -> View:
        @never_cache
        @wraps(function)
        def view(request: HttpRequest) -> JsonResponse:
            try:
                return JsonResponse(function(request, _person(request), read(request, fields)))
            except Refusal as refusal:
                return _with_allow(refusal.response())

        return view

    return decorate


def _person(request: HttpRequest) -> AbstractBaseUser:
    if request.method != "POST":
        raise Refusal(405, "method", _("This address takes POST only."))
    if not request.user.is_authenticated:
        # Never a redirect: a script would follow it and take the sign-in page for an answer.
        raise Refusal(401, "sign_in", _("You are signed out. Sign in and try again."))
    return request.user


def _with_allow(response: JsonResponse) -> JsonResponse:
    if response.status_code == 405:
        response["Allow"] = "POST"
    return response
