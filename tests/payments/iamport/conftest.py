"""Fixtures: the scripted gateway, clients for it that are closed in time, and recorded sleeps."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from payments.iamport import IamportClient
from tests.payments.iamport.scripted import KEY, SECRET, Gateway, Server

# Makes a client of the scripted gateway; options go to IamportClient.
MakeClient = Callable[..., IamportClient]


class Clock:
    """A monotonic clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sleeps() -> list[float]:
    """Every pause that the client asked for; none is really taken."""
    return []


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def gateway(server: Server) -> Iterator[Gateway]:
    scripted = server.renew()
    yield scripted
    scripted.released.set()


@pytest.fixture
def make_client(gateway: Gateway, clock: Clock, sleeps: list[float]) -> Iterator[MakeClient]:
    made: list[IamportClient] = []

    def make(**options: Any) -> IamportClient:
        defaults: dict[str, Any] = {
            "api_url": gateway.url,
            "key": KEY,
            "secret": SECRET,
            "read_timeout": 5.0,
            "monotonic": clock,
            "sleep": sleeps.append,
        }
        client = IamportClient(**(defaults | options))
        made.append(client)
        return client

    yield make
    gateway.released.set()
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> IamportClient:
    return make_client()
