"""How long staff stay signed in: `STAFF_SESSION_IDLE_MINUTES` without doing anything, and
`STAFF_SESSION_HOURS` in all. Customers' sessions last as Django lets them.

A session notes when it began and when its person last did something; the latter at most once a
minute, so that a page costs no write. What a page fetches by itself (htmx's GETs: a run's bar, the
totals of a list) is nothing that anybody does: a screen that is left open must not keep the
session. To count another request as nobody's: `_is_somebodys`.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import ngettext

# Unix seconds, in the session.
BEGAN, SEEN = "staff_session_began", "staff_session_seen"
NOTED_EVERY = 60


def connect() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(_began, dispatch_uid="accounts.staff_sessions")


def _began(request: HttpRequest | None, **kwargs: Any) -> None:
    """Of everybody: a customer may be made staff meanwhile."""
    if request is not None:
        request.session[BEGAN] = request.session[SEEN] = int(time.time())


class StaffSessionMiddleware:
    """Ends a session of staff that is over; the page then asks to sign in and leads back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and request.user.is_staff:
            now = int(time.time())
            if why := _is_over(request, now):
                logout(request)
                messages.info(request, why)
                if _is_of_page(request):
                    return _load_anew()
            else:
                _note(request, now)
        response = self.get_response(request)
        is_turned_away = not request.user.is_authenticated and 300 <= response.status_code < 400
        # A page goes on asking until it is loaded anew.
        return _load_anew() if is_turned_away and _is_of_page(request) else response


def _load_anew() -> HttpResponse:
    """The page is loaded anew and asks to sign in.

    A redirect would be followed out of sight, and the reason shown to nobody.
    """
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _is_over(request: HttpRequest, now: int) -> str:
    """Why the session is over, in the person's language; "" while it is not."""
    session, idle, hours = (
        request.session,
        settings.STAFF_SESSION_IDLE_MINUTES,
        settings.STAFF_SESSION_HOURS,
    )
    if now - session.get(BEGAN, now) >= hours * 3600:
        return ngettext(
            "You were signed out: staff sign in anew after %(hours)s hour.",
            "You were signed out: staff sign in anew after %(hours)s hours.",
            hours,
        ) % {"hours": hours}
    if now - session.get(SEEN, now) >= idle * 60:
        return ngettext(
            "You were signed out after %(minutes)s minute without doing anything.",
            "You were signed out after %(minutes)s minutes without doing anything.",
            idle,
        ) % {"minutes": idle}
    return ""


def _note(request: HttpRequest, now: int) -> None:
    session = request.session
    # A session of before these rules begins now; so does one that a clock ahead of ours began.
    if session.get(BEGAN, now + 1) > now:
        session[BEGAN] = now
    seen = session.get(SEEN)
    is_fresh = seen is not None and 0 <= now - seen < NOTED_EVERY
    if not is_fresh and (seen is None or _is_somebodys(request)):
        session[SEEN] = now


def _is_somebodys(request: HttpRequest) -> bool:
    """Whether a person did this, rather than a page that is open."""
    return request.method not in {"GET", "HEAD"} or not _is_of_page(request)


def _is_of_page(request: HttpRequest) -> bool:
    """Whether htmx asks, for a part of a page that is open."""
    return "HX-Request" in request.headers
