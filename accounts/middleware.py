"""Shows each page in the reader's own time zone and language.

Signed in, both come from the account. Anonymous people see Korean time whatever the server's
TIME_ZONE is, and Korean unless they chose otherwise with the language switch (a cookie).
`Accept-Language` is left out on purpose: the shop is Korean, yet many computers in Korea run an
English system, and its support staff must recognise what a caller sees. To follow another personal
setting: activate it in `PersonalSettingsMiddleware.__call__`.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from accounts.models import DEFAULT_TIME_ZONE, Language


def zone_named(name: str) -> ZoneInfo:
    """The zone, or Korea's: a name that the zone database has dropped must not break a page."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, unsafe path, a directory
        return ZoneInfo(DEFAULT_TIME_ZONE)


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The time zone to show times in."""
    if request.user.is_authenticated:
        return zone_named(request.user.time_zone)
    return ZoneInfo(DEFAULT_TIME_ZONE)


def language_of(request: HttpRequest) -> str:
    """The language to show texts in."""
    if request.user.is_authenticated:
        language = request.user.language
    else:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return language if language in Language.values else Language.KOREAN.value


class PersonalSettingsMiddleware:
    """Activates zone and language for one request and leaves neither behind in the thread.

    A streamed body is produced after this: whoever streams fixes zone and language beforehand.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of(request)
        with (
            timezone.override(zone_of(request)),
            translation.override(language, deactivate=True),
        ):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            # Before LocaleMiddleware, which would name the language of `Accept-Language`.
            response.headers.setdefault("Content-Language", language)
            return response
