"""The access token: one for all threads, fetched by one of them.

The gateway hands out the same token until it expires, and extends it by 5 minutes only within the
last 60 seconds of its life (contract 1.1). So asking earlier is useless, and asking in a loop while
the two clocks disagree by a second is a storm: hence `_MARGIN` and `_PAUSE`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from .errors import IamportError

_MARGIN = 60.0  # renew when fewer seconds than this are left
_PAUSE = 5.0  # and never twice within this many, unless the token has expired


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Token:
    """A token and, on the local monotonic clock, when to renew it and when it expires."""

    value: str
    renew_at: float
    expires_at: float


class TokenCache:
    """Hands out the current token; `fetch` asks the gateway and returns (value, life in seconds).

    While one thread renews, the others go on with the old token while it is valid and otherwise
    wait for that one's result, be it a token or an error.
    """

    def __init__(
        self, fetch: Callable[[], tuple[str, int]], *, monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renewal: Future[Token] | None = None

    def get(self) -> Token:
        """The token to use now. Raises what `fetch` raises if none is valid."""
        with self._lock:
            now = self._monotonic()
            valid = self._token if self._token and now < self._token.expires_at else None
            if valid and (now < valid.renew_at or self._renewal):
                return valid
            renewal, is_ours = self._renewal, False
            if renewal is None:
                renewal, is_ours = Future(), True
                self._renewal = renewal
        if is_ours:
            self._renew(renewal, valid)
        return renewal.result()

    def discard(self, token: Token) -> None:
        """The gateway refused this token: the next `get` asks for one.

        Compared by identity, not by text: the gateway may answer with the same string, and of many
        threads refused at once only the first may throw a token away.
        """
        with self._lock:
            if self._token is token:
                self._token = None

    def _renew(self, renewal: Future[Token], valid: Token | None) -> None:
        started = self._monotonic()
        outcome: Token | BaseException
        try:
            # Counted from before the call, so that it can only seem to expire too early.
            outcome = self._made(*self._fetch(), started)
        except BaseException as error:  # noqa: BLE001 - the waiting threads must be let go
            outcome = error
        with self._lock:
            if valid and valid is self._token and isinstance(outcome, IamportError):
                # A failed renewal costs nothing while the old token is valid; try again soon.
                outcome = self._postponed(valid)
            if isinstance(outcome, Token):
                self._token = outcome
            self._renewal = None
        if isinstance(outcome, Token):
            renewal.set_result(outcome)
        else:
            renewal.set_exception(outcome)

    def _made(self, value: str, life: float, started: float) -> Token:
        expires_at = started + life
        earliest = self._monotonic() + _PAUSE
        return Token(value, min(expires_at, max(expires_at - _MARGIN, earliest)), expires_at)

    def _postponed(self, token: Token) -> Token:
        renew_at = min(token.expires_at, self._monotonic() + _PAUSE)
        return Token(token.value, renew_at, token.expires_at)
