"""A deadline for the whole of an answer, headers and body, however slowly it drips.

A read timeout bounds one wait for the next bytes; a gateway that sends a byte now and then never
reaches it. So each read from the socket waits at most for what is left of the call's time. It is
set with `until` around the call and holds for the responses that begin inside, in this thread.
"""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_seconds_left: ContextVar[Callable[[], float] | None] = ContextVar("seconds_left", default=None)


@contextmanager
def until(seconds_left: Callable[[], float]) -> Iterator[None]:
    """Reads of answers that begin inside end when `seconds_left` comes to 0: TimeoutError."""
    token = _seconds_left.set(seconds_left)
    try:
        yield
    finally:
        _seconds_left.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """`HTTPAdapter` whose connections keep the deadline, straight or through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Reads(io.RawIOBase):
    """What a socket sends, read within what is left of the call's time."""

    def __init__(self, whole: io.BufferedReader, sock: socket.socket) -> None:
        self._whole, self._raw, self._sock = whole, whole.raw, sock
        self._longest = sock.gettimeout()
        self._seconds_left = _seconds_left.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._seconds_left is not None:
            left = self._seconds_left()
            if left <= 0:
                raise TimeoutError("the answer took longer than its deadline")
            self._sock.settimeout(left if self._longest is None else min(left, self._longest))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._whole.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reads(self.fp, sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
