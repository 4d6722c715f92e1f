"""The life of the access token (contract 1.1).

One merchant key has one live token: it is reused until it expires, and stretched by five
minutes when asked for in its last minute.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from .clock import Clock

LIFETIME = 1800
LAST_MINUTE = 60
EXTENSION = 300


@dataclass
class Token:
    value: str
    expired_at: int


class Tokens:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def issue(self, extend: bool) -> Token:
        """The same one before expiry, extended in its last 60 s, a new one after (contract 1.1)."""
        with self._lock:
            now = self._clock.timestamp()
            if self._token is None or now >= self._token.expired_at:
                self._token = Token(secrets.token_hex(20), now + LIFETIME)
            elif extend and self._token.expired_at - now <= LAST_MINUTE:
                self._token.expired_at += EXTENSION
            return Token(self._token.value, self._token.expired_at)

    def accepts(self, value: str) -> bool:
        token = self._token
        return (
            token is not None
            and secrets.compare_digest(token.value.encode(), value.encode())
            and self._clock.timestamp() < token.expired_at
        )

    def revoke(self) -> None:
        with self._lock:
            self._token = None
