"""What can go wrong with a call, named by what the caller should do about it.

`classify` is the whole policy: which class an answer's status and envelope code stand for. It is
closed by default: an answer that no row names is `Malformed`, so nothing is ever taken for a
success or a refusal by accident. A new case is a new row in `_ROWS`, with a line in the test table.

No message here holds a key, a token, a card number or anything of a request's body.
"""

import re
from collections.abc import Callable

from .personal import HIDDEN, scrubbed


class NotAnId(ValueError):
    """What can be no id of the gateway's (blank, too long, odd signs): it is never sent."""


class IamportError(Exception):
    """Any failed call. `gateway_message` is the gateway's own (Korean) text, for people to read.

    `path` never has a query. Don't branch on `code`: no list of codes is published (contract 2.0).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        gateway_message: str | None = None,
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.gateway_message = gateway_message
        self.method = method
        self.path = path

    def __str__(self) -> str:
        facts = [f"status {self.status}" if self.status else "", self._said()]
        detail = ", ".join(fact for fact in facts if fact)
        where = f"{self.method} {self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f" ({detail})" if detail else "")

    def _said(self) -> str:
        if self.code is None:
            return ""
        return f"code {self.code}" + (f": {self.gateway_message}" if self.gateway_message else "")


class AuthenticationFailed(IamportError):
    """The keys are wrong or this machine's address is not allowed: fix the configuration."""


class NotFound(IamportError):
    """The gateway itself says that it knows no such thing (404 and an envelope with code != 0)."""


class Refused(IamportError):
    """The gateway understood the request and did not do it; nothing has changed there."""


class Unanswered(IamportError):
    """No usable answer: nothing is known about the outcome. Ask again later, conclude nothing.

    `sent` is False only if the request surely never reached the gateway; for a POST or PUT with
    `sent` True the outcome has to be read back before trying again.
    """

    sent: bool = True


class Unavailable(Unanswered):
    """Timeout, connection error, 408, 429 or 5xx. `is_slow`: it was given up after a time."""

    is_slow: bool = False


class Busy(Unavailable):
    """The call was not made: too many are under way, or the gateway has been silent lately."""

    sent = False


class Malformed(Unanswered):
    """An answer that is not the contract's: HTML, broken JSON, a redirect, a wrong type."""


MESSAGES: dict[type[IamportError], str] = {
    AuthenticationFailed: "the gateway refused our keys, token or address",
    NotFound: "the gateway knows no such thing",
    Refused: "the gateway refused",
    Unavailable: "the gateway is not available",
    Malformed: "the gateway's answer is not what the contract says",
}

_Row = tuple[Callable[[int, int | None], bool], type[IamportError] | None]

# First match wins. `code` is None when the body is not an envelope. A 404 without an envelope comes
# from something in between (a proxy, a wrong address), which knows nothing about payments.
_ROWS: tuple[_Row, ...] = (
    (lambda status, code: status in (401, 403), AuthenticationFailed),
    (lambda status, code: status in (408, 429) or 500 <= status <= 599, Unavailable),
    (lambda status, code: 200 <= status <= 299 and code == 0, None),
    (lambda status, code: code is None or code == 0, Malformed),
    (lambda status, code: status == 404, NotFound),
    (lambda status, code: 200 <= status <= 299 or 400 <= status <= 499, Refused),
)


def classify(status: int, code: int | None) -> type[IamportError] | None:
    """The class that an answer stands for, None for a success (2xx and code 0, contract 2.0)."""
    for matches, kind in _ROWS:
        if matches(status, code):
            return kind
    return Malformed


_SECRET_LIKE = re.compile(r"[0-9A-Za-z]{40,}")
_LONGEST_MESSAGE = 500
_LONGEST_LOOK = 10_000  # characters; what comes after is neither looked through nor kept
# Control signs but for tab and line ends, and what turns the reading direction of a page or a log.
UNSHOWN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]"
    "|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: object) -> str | None:
    """The gateway's text, fit for logs: one line, bounded, without what looks personal or a key.

    The text may quote a PG, and what a PG quotes is not in our hands.
    """
    if not isinstance(text, str):
        return None
    shown = UNSHOWN.sub(" ", text[:_LONGEST_LOOK].encode("utf-8", "replace").decode())
    return _SECRET_LIKE.sub(HIDDEN, scrubbed(" ".join(shown.split())))[:_LONGEST_MESSAGE] or None
