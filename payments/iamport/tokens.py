"""The access token: one for all threads, fetched by one of them.

The gateway hands out the same token until it expires, and extends it by 5 minutes only within the
last 60 seconds of its life (contract 1.1). So asking earlier is useless, and asking in a loop while
the two clocks disagree by a second is a storm: hence `_MARGIN` and `_CALM`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from .errors import IamportError

_MARGIN = 60.0  # renew when fewer seconds than this are left
_CALM = 5.0  # and never twice within this many, unless the token is dead


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Token:
    """A token and, on the local monotonic clock, when to renew it and when it dies."""

    value: str
    renew_at: float
    dies_at: float


class TokenCache:
    """Hands out the current token; `fetch` asks the gateway and returns (value, life in seconds).

    While one thread renews, the others go on with the old token if it is still alive and otherwise
    wait for that one's result, be it a token or an error.
    """

    def __init__(
        self, fetch: Callable[[], tuple[str, int]], *, monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._flight: Future[Token] | None = None

    def get(self) -> Token:
        """The token to use now. Raises what `fetch` raises if there is none alive."""
        with self._lock:
            now = self._monotonic()
            alive = self._token if self._token and now < self._token.dies_at else None
            if alive and (now < alive.renew_at or self._flight):
                return alive
            flight, mine = self._flight, False
            if flight is None:
                flight, mine = Future(), True
                self._flight = flight
        if mine:
            self._fly(flight, alive)
        return flight.result()

    def discard(self, token: Token) -> None:
        """The gateway refused this token: the next `get` asks for one.

        Compared by identity, not by text: the gateway may answer with the same string, and of many
        threads refused at once only the first may throw a token away.
        """
        with self._lock:
            if self._token is token:
                self._token = None

    def _fly(self, flight: Future[Token], alive: Token | None) -> None:
        started = self._monotonic()
        outcome: Token | BaseException
        try:
            # Counted from before the call, so that it can only seem to die too early.
            outcome = self._made(*self._fetch(), started)
        except BaseException as error:  # noqa: BLE001 - the waiting threads must be let go
            outcome = error
        with self._lock:
            if alive and alive is self._token and isinstance(outcome, IamportError):
                # A failed renewal costs nothing while the old token lives; try again in a moment.
                outcome = self._postponed(alive)
            if isinstance(outcome, Token):
                self._token = outcome
            self._flight = None
        if isinstance(outcome, Token):
            flight.set_result(outcome)
        else:
            flight.set_exception(outcome)

    def _made(self, value: str, life: float, started: float) -> Token:
        dies_at = started + life
        calm_until = self._monotonic() + _CALM
        return Token(value, min(dies_at, max(dies_at - _MARGIN, calm_until)), dies_at)

    def _postponed(self, token: Token) -> Token:
        renew_at = min(token.dies_at, self._monotonic() + _CALM)
        return Token(token.value, renew_at, token.dies_at)
