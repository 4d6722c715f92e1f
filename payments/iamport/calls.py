"""One authorised call: token, exchange, envelope, and the error that a failure stands for.

The envelope is `{code, message, response}`; success is 2xx and code 0 (contract 2.0), anything else
is an exception chosen by `errors.classify`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from . import parsing
from .clock import OnTime, TimeSource, credible, ignore
from .errors import (
    MESSAGES,
    AuthenticationFailed,
    IamportError,
    Malformed,
    NotFound,
    Refused,
    Unanswered,
    classify,
    clean,
)
from .tokens import TokenCache
from .transport import Reply, Request, Transport
from .values import Doubled, ShapeError

T = TypeVar("T")

_SIGN_IN = "/users/getToken"
_DIGITS = 40  # of an integer; more is nothing that a payment has


@dataclass(frozen=True, slots=True, repr=False)
class _Envelope:
    code: int | None  # None: not an envelope
    message: str | None = None
    response: Any = None


class Caller:
    """Makes calls in the name of one key. Holds the only token cache."""

    def __init__(
        self,
        transport: Transport,
        *,
        key: str,
        secret: str,
        monotonic: Callable[[], float],
        gate: Callable[[], AbstractContextManager[None]],
        on_time: OnTime = ignore,
    ) -> None:
        self._transport = transport
        self._gate = gate
        self._on_time = on_time
        self._keys = {"imp_key": key, "imp_secret": secret}
        self._tokens = TokenCache(self._fetch_token, monotonic=monotonic)

    def call(
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        is_list: bool = False,
    ) -> T:
        """What `read` makes of the envelope's `response`; only a GET is repeated on trouble.

        `is_list`: the answer may be as large as a page of payments.
        """
        request = Request(method, path, params, body, method == "GET", is_list)
        with self._gate():
            return self._answer(request, read)

    def _answer(self, request: Request, read: Callable[[Any], T]) -> T:
        token = self._tokens.get()
        reply = self._transport.exchange(request, token.value)
        if reply.status == 401:
            # The token died early. Sending it once more is safe even for a POST: a 401 means that
            # the gateway turned the request away before doing anything. Once, whatever comes: for
            # an address that is not allowed a new token changes nothing.
            self._tokens.discard(token)
            reply = self._transport.exchange(request, self._tokens.get().value)
        return _read(request, reply, read)

    def ask_time(self) -> None:
        """Ask for the token that there is, for nothing but the time in the answer."""
        with self._gate():
            self._fetch_token()

    def _fetch_token(self) -> tuple[str, int]:
        # Repeatable though a POST: asking again hands out the same token (contract 1.1).
        request = Request("POST", _SIGN_IN, body=self._keys, repeatable=True)
        try:
            value, life, now = _read(request, self._transport.exchange(request), parsing.token)
        except Unanswered as error:
            error.sent = False  # the call that needed the token was not made
            raise
        except (Refused, NotFound) as error:
            # Any refusal here is about our keys (contract 1.3, 9#10: 400 for missing ones).
            envelope = _Envelope(error.code, error.gateway_message)
            raise _failure(AuthenticationFailed, request, error.status, envelope) from None
        if (unix := credible(now)) is not None:
            self._on_time(TimeSource.TOKEN, unix)
        return value, life


def _read(request: Request, reply: Reply, read: Callable[[Any], T]) -> T:
    envelope = _open(reply.body)
    kind = classify(reply.status, envelope.code)
    if kind is not None:
        why = reply.trouble if kind is Malformed else ""
        raise _failure(kind, request, reply.status, envelope, why)
    try:
        return read(envelope.response)
    except ShapeError as error:
        raise _failure(Malformed, request, reply.status, envelope, str(error)) from None


def _failure(
    kind: type[IamportError],
    request: Request,
    status: int | None,
    envelope: _Envelope,
    message: str = "",
) -> IamportError:
    return kind(
        message or MESSAGES[kind],
        status=status,
        code=envelope.code,
        gateway_message=envelope.message,
        method=request.method,
        path=request.path,
    )


def _open(body: bytes) -> _Envelope:
    try:
        document = json.loads(
            body,
            parse_int=_integer,
            parse_constant=_nothing,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        return _Envelope(None)
    code = document.get("code") if type(document) is dict else None
    if type(code) is not int:
        return _Envelope(None)
    return _Envelope(code, clean(document.get("message")), document.get("response"))


def _integer(digits: str) -> int | str:
    """One number of thousands of digits must not make all else unreadable: it is no number here."""
    return int(digits) if len(digits) <= _DIGITS else digits


def _nothing(name: str) -> None:
    """NaN and the infinities, which are no JSON."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs) and any(fields[name] != value for name, value in pairs):
        return Doubled(fields)
    return fields
