"""One exchange over HTTP: connection pool, timeouts, repeats, and one log line per try.

Knows nothing of payments or envelopes. Only what is safe to repeat is repeated (GET, getToken);
`worth_repeating` is the one place that decides on which outcomes. urllib3's own Retry is off: it
does not cover an answer that breaks off half-way, and sleeps on a clock that tests can't hold.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.util.retry import Retry

from .errors import Unavailable

logger = logging.getLogger("payments.iamport")

REPEATED_STATUSES = frozenset({429, 500, 502, 503, 504})
LONGEST_PAUSE = 5.0  # seconds; also the most that a Retry-After is honoured


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What to send. `path` is percent-encoded and has no query; `body` goes as JSON."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What came back, unread."""

    status: int
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why none came. `sent` is False only if the connection was never made."""

    why: str
    sent: bool
    timed_out: bool = False
    hopeless: bool = False


class _Token(AuthBase):
    """The bare token, as the official clients send it; none for getToken itself.

    Always set, so that requests never puts a password from ~/.netrc in its place. The rest of the
    environment (proxies, CA bundle) is honoured: production may sit behind a proxy.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = self._token
        return request


class Transport:
    """A pooled session for one base URL; safe to share between threads."""

    def __init__(
        self,
        api_url: str,
        *,
        timeout: tuple[float, float],
        max_retries: int,
        backoff: float,
        pool_size: int,
        sleep: Callable[[float], None],
    ) -> None:
        self._api_url = api_url
        self._timeout = timeout
        self._max_retries = max_retries
        self._backoff = backoff
        self._sleep = sleep
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        self._session = _session(self._adapter)

    def exchange(self, request: Request, token: str | None = None) -> Reply:
        """The gateway's reply, whatever its status. Raises Unavailable when there is none."""
        spent, timed_out = 0, False
        result = self._once(request, token)
        while (
            request.repeatable
            and spent < self._max_retries
            and worth_repeating(result, timed_out=timed_out)
        ):
            timed_out = timed_out or (isinstance(result, NoReply) and result.timed_out)
            self._sleep(pause(spent, result, self._backoff))
            spent += 1
            result = self._once(request, token)
        if isinstance(result, NoReply):
            error = Unavailable(result.why, method=request.method, path=request.path)
            error.sent = result.sent
            raise error
        return result

    def close(self) -> None:
        # Session.close only lets go of the pools, and the garbage collector closes them some day.
        pools = self._adapter.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 (not a dict)
            pools[key].close()
        self._session.close()

    def _once(self, request: Request, token: str | None) -> Reply | NoReply:
        started = time.perf_counter()
        result = self._send(request, token)
        answered = isinstance(result, Reply)
        logger.log(
            logging.INFO if isinstance(result, Reply) and result.status < 500 else logging.WARNING,
            "iamport_call method=%s path=%s %s=%s ms=%d",
            request.method,
            request.path,
            "status" if answered else "error",
            result.status if isinstance(result, Reply) else result.why,
            (time.perf_counter() - started) * 1000,
        )
        return result

    def _send(self, request: Request, token: str | None) -> Reply | NoReply:
        try:
            with self._session.request(
                request.method,
                self._api_url + request.path,
                params=list(request.params),
                json=request.body,
                auth=_Token(token),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(response.status_code, _body(response), _retry_after(response))
        except (OSError, HTTPError) as error:  # every RequestException is an OSError
            # Only its name goes on: the exception holds the request, with token and body.
            return _no_reply(error)


def worth_repeating(result: Reply | NoReply, *, timed_out: bool) -> bool:
    """Whether asking again may help. A read timeout is worth one repeat: each costs seconds."""
    if isinstance(result, Reply):
        return result.status in REPEATED_STATUSES
    return not result.hopeless and not (result.timed_out and timed_out)


def pause(spent: int, result: Reply | NoReply, backoff: float) -> float:
    """Seconds to wait before the next try: what the gateway asks for, or doubling; with jitter."""
    asked = result.retry_after if isinstance(result, Reply) else None
    if asked is not None:
        return min(asked, LONGEST_PAUSE) + _jitter(0, backoff)
    return min(backoff * 2.0**spent, LONGEST_PAUSE) * _jitter(0.5, 1.0)


def _jitter(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 (spreads tries over time, hides nothing)


def _session(adapter: HTTPAdapter) -> requests.Session:
    session = requests.Session()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"User-Agent": "payments.iamport", "Accept": "application/json"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session


def _body(response: requests.Response) -> bytes:
    try:
        return response.content
    except requests.exceptions.ContentDecodingError:
        return b""  # the reply is there but can't be read: no envelope, so Malformed


def _retry_after(response: requests.Response) -> float | None:
    header = response.headers.get("Retry-After")
    if header is None:
        return None
    try:
        return max(0.0, Retry(0).parse_retry_after(header))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _no_reply(error: OSError | HTTPError) -> NoReply:
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", None)
    unconnected = isinstance(reason, NewConnectionError | ConnectTimeoutError)
    return NoReply(
        why=type(error).__name__,
        sent=not (unconnected or isinstance(error, requests.ConnectTimeout)),
        # requests turns a read timeout in the middle of a body into a ConnectionError
        timed_out=isinstance(error, requests.ReadTimeout) or isinstance(inner, ReadTimeoutError),
        hopeless=isinstance(error, requests.exceptions.SSLError),
    )
