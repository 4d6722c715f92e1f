"""The seam to the gateway: one client for each configuration, shared by all threads.

The client keeps the token and the connections, so a warm process makes one call a question. Around
each call stands the `breaker`, so that a slow gateway holds few threads and a silent one none;
`shared` tells the other processes of it. `trouble` says what went wrong, for people; `times` keeps
what the answers say about the time.
"""

from contextlib import AbstractContextManager
from functools import lru_cache

from payments import conf
from payments.iamport import IamportClient, Limits

from .breaker import Breaker
from .shared import SharedBreaker
from .times import HeardTime, forget_times, hear, heard_times
from .trouble import Trouble, in_brief, in_words, noted, trouble_of

__all__ = [
    "HeardTime",
    "Trouble",
    "client",
    "forget_times",
    "heard_times",
    "in_brief",
    "in_words",
    "noted",
    "serve_pages",
    "slot",
    "trouble_of",
]

_serves_pages = False


def serve_pages() -> None:
    """This process has people waiting on its threads: `wsgi` says so, before the first call."""
    global _serves_pages  # noqa: PLW0603 - a fact about the process
    _serves_pages = True


@lru_cache(maxsize=4)
def _breaker(gateway: conf.Gateway) -> SharedBreaker:
    # Background work has threads to spare and a patience of its own (`SilenceLimit`).
    at_once = conf.calls_at_once() if _serves_pages else conf.runs().parallel_calls
    return SharedBreaker(Breaker(calls_at_once=at_once, refuses=_serves_pages))


@lru_cache(maxsize=4)
def _client(gateway: conf.Gateway) -> IamportClient:
    return IamportClient(
        api_url=gateway.api_url,
        key=gateway.key,
        secret=gateway.secret,
        # Test payments are hidden from a look-up unless asked for (contract 2.2).
        include_sandbox=gateway.accepts_test_payments,
        connect_timeout=gateway.connect_timeout,
        read_timeout=gateway.read_timeout,
        limits=Limits(
            seconds=gateway.deadline,
            list_bytes=gateway.largest_list,
            other_bytes=gateway.largest_answer,
        ),
        max_retries=gateway.max_retries,
        gate=_breaker(gateway).call,
        on_time=hear,
    )


def client() -> IamportClient:
    """The client for the gateway that is configured now."""
    return _client(conf.gateway())


def slot() -> AbstractContextManager[bool]:
    """A place among the calls of this process, for whoever would rather go than wait for one.

    False if none is free, or if the gateway is silent and left alone.
    """
    return _breaker(conf.gateway()).slot()
