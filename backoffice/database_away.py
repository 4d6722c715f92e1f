"""What is answered while the database is away: 503, in our frame, at whatever point it was noticed.

Away is also a database that nothing can be saved in (a full disk, a server that only follows): its
pages are served as long as they only read. A page says what to do next and needs no database; a
script that asked for JSON gets JSON in the shape of `payments.checkout.refusals`. Webhooks are
answered in front of this, by their own view. Errors of a database that is there stay errors: what
counts is decided in `payments.core.db.away`, in `absence_of`, not in its wider `is_away`, which
is for work that can wait. To tell one more kind of absence, add it there; other words: `_json`.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.log import log_response
from django.utils.translation import gettext as _

from payments.core.db.away import Absence, absence_of

logger = logging.getLogger("django.request")

RETRY_AFTER = 10  # seconds
CODE = "unavailable"

_NOTICED = "database_is_away"


def is_away(error: BaseException | None) -> bool:
    """Whether the database can't be used, as opposed to: did not like what it was told."""
    return absence_of(error) is not None


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
    is_there = absence_of(error) is not Absence.GONE
    with translation.override(_language(request)):
        response = _json(is_there) if _wants_json(request) else _page(request, is_there)
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


def _json(is_there: bool) -> JsonResponse:
    message = (
        _("Nothing can be saved at the moment. Try again in a few minutes.")
        if is_there
        else _("The database does not answer at the moment. Try again in a few seconds.")
    )
    error = {"code": CODE, "field": None, "message": message}
    return JsonResponse({"error": error}, status=503)


def _page(request: HttpRequest, is_there: bool) -> HttpResponse:
    context = {
        # It answers, but nothing can be saved: seconds will hardly help, and pages can be read.
        "can_be_read": is_there,
        "is_staff_page": request.path.startswith("/admin/"),
        # A form that was sent is not sent again by a link.
        "again": request.get_full_path() if request.method in {"GET", "HEAD"} else "",
    }
    return HttpResponse(render_to_string("503.html", context), status=503)
