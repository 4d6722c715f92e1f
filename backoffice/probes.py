"""What a load balancer, a container platform or a monitor asks: `/alive/` and `/ready/`.

`/alive/` says that this process serves; it asks nothing, least of all the database: starting a
process anew mends no database. `/ready/` says in one word each how the components of
`backoffice.health` are: 200 while pages are served, also if somebody has to look (`degraded`), 503
if not (`down`).

Both are answered in front of everything else: probes speak plain HTTP, name a host of their own
and have no session. Anybody may ask, so there is nothing in the answer but words, and asking often
costs nothing: a process asks at most every `KEPT_FOR` seconds, on one thread. To add a probe:
`_ANSWERS`.
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase

from backoffice.health import Health, Status
from backoffice.health.ask import WITHIN, Asking

logger = logging.getLogger(__name__)

ADDRESS = re.compile(r"/(alive|ready)/?")
METHODS = ("GET", "HEAD")
KEPT_FOR = 2.0  # seconds
# How long whoever did not begin the asking waits for it, where there is no former answer.
SHORT_WAIT = 1.0
# An asking that hangs for longer than this is left alone, and a new one begun.
GIVEN_UP_AFTER = 30.0


class LastHealth:
    """The last answer to this process, and the one asking under way."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: Health | None = None
        self._at = self._begun_at = float("-inf")
        self._asking: Asking | None = None
        self._is_waited_for = False

    def get(self) -> Health:
        """How the installation was at most some seconds ago. One thread asks for all of them."""
        with self._lock:
            now = self._monotonic()
            if self._last is not None and now - self._at < KEPT_FOR:
                return self._last
            asking, is_mine = self._under_way(now)
        if is_mine:
            return self._keep(asking.health(within=WITHIN))
        return self._last or asking.health(within=SHORT_WAIT)

    def _under_way(self, now: float) -> tuple[Asking, bool]:
        """The asking to wait for, and whether it has only just begun."""
        asking, is_fresh = self._asking, now - self._begun_at < GIVEN_UP_AFTER
        # Over, and still waited for: its answer is about to be kept.
        if asking and is_fresh and (self._is_waited_for or not asking.is_over):
            return asking, False
        self._asking, self._begun_at, self._is_waited_for = Asking(), now, True
        return self._asking, True

    def _keep(self, health: Health) -> Health:
        with self._lock:
            before, self._last, self._at = self._last, health, self._monotonic()
            self._is_waited_for = False
        _log_change(before, health)
        return health


def _log_change(before: Health | None, now: Health) -> None:
    """One line when a state changes, whoever asks how often."""
    if before is not None and now.states == before.states:
        return
    if now.status is not Status.OK:
        level = logging.ERROR if now.status is Status.DOWN else logging.WARNING
        logger.log(level, "the installation is %s: %s", now.status.word, now.trouble)
    elif before is not None and before.status is not Status.OK:
        logger.warning("the installation is well again")


_last = LastHealth()


def alive() -> HttpResponse:
    """This process serves."""
    return JsonResponse({"status": Status.OK.word})


def ready() -> HttpResponse:
    """The components' states."""
    health = _last.get()
    response: Any = JsonResponse(health.states, status=503 if health.status is Status.DOWN else 200)
    # Django would write a line for each 503. `LastHealth` has written one with the reason.
    response._has_been_logged = True
    return response  # type: ignore[no-any-return]


_ANSWERS: dict[str, Callable[[], HttpResponse]] = {"alive": alive, "ready": ready}


class ProbeMiddleware:
    """Among the first of all middlewares."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = ADDRESS.fullmatch(request.path_info)
        if probe is None:
            return self.get_response(request)
        return _answer(request, _ANSWERS[probe[1]])


def _answer(request: HttpRequest, probe: Callable[[], HttpResponse]) -> HttpResponse:
    response = probe() if request.method in METHODS else HttpResponseNotAllowed(METHODS)
    response.headers["Cache-Control"] = "no-store"
    # What Django's own middleware, or the server, does for the rest of the site.
    response.headers["Content-Length"] = str(len(response.content))
    if request.method == "HEAD":
        response.content = b""
    return response
