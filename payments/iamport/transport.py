"""One exchange over HTTP: connection pool, time and size limits, repeats, a log line per try.

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
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidHeader,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.util.retry import Retry

from .clock import OnTime, TimeSource, ignore, of_header
from .deadline import DeadlineAdapter, until
from .errors import Unavailable

logger = logging.getLogger("payments.iamport")

REPEATED_STATUSES = frozenset({429, 500, 502, 503, 504})
_SHORTEST = 0.001  # seconds; no timeout may be 0
_PART = 65_536  # bytes that are unpacked at once
LONGEST_PAUSE = 5.0  # seconds; also the most that a Retry-After is honoured


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What to send. `path` is percent-encoded and has no query; `body` goes as JSON."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None
    repeatable: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may take: seconds for all of it, unpacked bytes of a list and of the rest.

    A gzip of some KB may unpack to a GB, so it is the unpacked bytes that count.
    """

    seconds: float = 20.0
    list_bytes: int = 32_000_000
    other_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What came back, unread. `trouble` says why its body is empty, if it was not to be had."""

    status: int
    body: bytes
    retry_after: float | None = None
    trouble: str = ""


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
        limits: Limits,
        max_retries: int,
        backoff: float,
        pool_size: int,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        on_time: OnTime = ignore,
    ) -> None:
        self._api_url = api_url
        self._on_time = on_time
        self._timeout = timeout
        self._limits = limits
        self._monotonic = monotonic
        self._max_retries = max_retries
        self._backoff = backoff
        self._sleep = sleep
        self._adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        self._session = _session(self._adapter, api_url)

    def exchange(self, request: Request, token: str | None = None) -> Reply:
        """The gateway's reply, whatever its status. Raises Unavailable when there is none.

        All tries and the pauses between them are over within the limit of seconds.
        """
        ends, spent, timed_out = self._monotonic() + self._limits.seconds, 0, False
        result = self._once(request, token, ends)
        while (
            request.repeatable
            and spent < self._max_retries
            and worth_repeating(result, timed_out=timed_out)
        ):
            timed_out = timed_out or (isinstance(result, NoReply) and result.timed_out)
            wait = pause(spent, result, self._backoff)
            if self._monotonic() + wait >= ends:
                break
            self._sleep(wait)
            spent += 1
            result = self._once(request, token, ends)
        if isinstance(result, NoReply):
            error = Unavailable(result.why, method=request.method, path=request.path)
            error.sent, error.is_slow = result.sent, result.timed_out
            raise error
        return result

    def close(self) -> None:
        # Session.close only lets go of the pools, and the garbage collector closes them some day.
        pools = self._adapter.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 (not a dict)
            pools[key].close()
        self._session.close()

    def _once(self, request: Request, token: str | None, ends: float) -> Reply | NoReply:
        started = time.perf_counter()
        result = self._send(request, token, ends)
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

    def _send(self, request: Request, token: str | None, ends: float) -> Reply | NoReply:
        def seconds_left() -> float:
            return ends - self._monotonic()

        connect, read = (max(min(limit, seconds_left()), _SHORTEST) for limit in self._timeout)

        try:
            with (
                until(seconds_left),
                self._session.request(
                    request.method,
                    self._api_url + request.path,
                    params=list(request.params),
                    json=request.body,
                    auth=_Token(token),
                    timeout=(connect, read),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                self._hear_time(response)
                most = self._limits.list_bytes if request.is_list else self._limits.other_bytes
                body, trouble = _body(response, most)
                return Reply(response.status_code, body, _retry_after(response), trouble)
        except (OSError, HTTPError) as error:  # every RequestException is an OSError
            # Only its name goes on: the exception holds the request, with token and body.
            return _no_reply(error)

    def _hear_time(self, response: requests.Response) -> None:
        """Before the body is read: that may take its time."""
        if (unix := of_header(response.headers.get("Date"))) is not None:
            self._on_time(TimeSource.DATE, unix)


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


def _session(adapter: DeadlineAdapter, api_url: str) -> requests.Session:
    session = requests.Session()
    # The environment's proxies and certificates, read once: requests would look them up anew for
    # each call, which takes as long as sending it.
    of_environment = session.merge_environment_settings(api_url, {}, None, None, None)
    session.proxies.update(of_environment["proxies"])
    session.verify = of_environment["verify"]
    session.trust_env = False
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"User-Agent": "payments.iamport", "Accept": "application/json"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session


def _body(response: requests.Response, most: int) -> tuple[bytes, str]:
    """The unpacked body, and why there is none if the reply is there but can't be read."""
    parts, size = [], 0
    try:
        for part in response.raw.stream(_PART, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > most:
                return b"", f"the answer is larger than {most:,} bytes"
    except DecodeError:
        return b"", "the answer can't be unpacked"
    return b"".join(parts), ""


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
        timed_out=isinstance(error, requests.Timeout | ReadTimeoutError)
        or isinstance(inner, ReadTimeoutError),
        hopeless=isinstance(error, requests.exceptions.SSLError),
    )
