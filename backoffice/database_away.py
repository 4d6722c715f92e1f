"""What is answered while the database is away: 503, in our frame, at whatever point it was noticed.

A page says what to do next and needs no database; a script that asked for JSON gets JSON in the
shape of `payments.checkout.refusals`. Webhooks are answered in front of this, by their own view.
Errors of a database that is there stay errors. To tell one more kind of absence, add it to
`is_away`.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.log import log_response
from django.utils.translation import gettext as _

logger = logging.getLogger("django.request")

RETRY_AFTER = 10  # seconds
CODE = "unavailable"

# SQLSTATEs by which PostgreSQL sends somebody away: broken connections (class 08), too many of
# them, a server that stops, crashed, starts, or has just dropped the database.
_AWAY_CLASS = "08"
_AWAY_STATES = {"53300", "57P01", "57P02", "57P03", "57P04", "57P05"}
# What SQLite says of a file that it can't reach.
_AWAY_SQLITE = ("SQLITE_CANTOPEN", "SQLITE_IOERR")
_NOTICED = "database_is_away"


def is_away(error: BaseException | None) -> bool:
    """Whether the database could not be reached, as opposed to: did not like what it was told."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause: Any = error.__cause__
    if name := getattr(cause, "sqlite_errorname", None):
        return bool(name.startswith(_AWAY_SQLITE))
    # Without a state the server has not answered at all.
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(_AWAY_CLASS) or state in _AWAY_STATES


class DatabaseAwayMiddleware:
    """Above everything that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A middleware noticed (the session, who is asking) or the page of another error did.
        if response.status_code == 500 and (error := getattr(request, _NOTICED, None)):
            return unavailable(request, error)
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """A view or its template noticed."""
        return unavailable(request, exception) if is_away(exception) else None


@receiver(got_request_exception, dispatch_uid="database_away")
def remember(request: HttpRequest | None = None, **_rest: Any) -> None:
    """Django answers 500 at once where a middleware fails: keep why, for the answer's way out."""
    error = sys.exc_info()[1]
    if request is not None and is_away(error):
        setattr(request, _NOTICED, error)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer to this request; logged in one line."""
    with translation.override(_language(request)):
        response = _json() if _wants_json(request) else _page(request)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    why = " ".join(str(error).split())
    log_response(
        "The database is away: %s (%s)",
        request.path,
        why,
        response=response,
        request=request,
        logger=logger,
        level="error",
    )
    return response


def _language(request: HttpRequest) -> str:
    """The reader's, as far as it is known without asking the database."""
    known = getattr(request, "LANGUAGE_CODE", None)
    chosen = known or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _wants_json(request: HttpRequest) -> bool:
    """A script; a person's browser asks for HTML by name."""
    if request.content_type == "application/json" or request.headers.get("HX-Request"):
        return True
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted


def _json() -> JsonResponse:
    message = _("The database does not answer at the moment. Try again in a few seconds.")
    error = {"code": CODE, "field": None, "message": message}
    return JsonResponse({"error": error}, status=503)


def _page(request: HttpRequest) -> HttpResponse:
    context = {
        "is_staff_page": request.path.startswith("/admin/"),
        # A form that was sent is not sent again by a link.
        "again": request.get_full_path() if request.method in {"GET", "HEAD"} else "",
    }
    return HttpResponse(render_to_string("503.html", context), status=503)
