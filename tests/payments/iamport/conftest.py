"""Fixtures: the scripted gateway, the stand-in, and clients that are closed in time."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from payments.iamport import IamportClient
from tests.gateway import SandboxGateway
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


@pytest.fixture(scope="session")
def stand_in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxGateway]:
    data = tmp_path_factory.mktemp("stand-in") / "gateway.sqlite3"
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listening on" in line, f"the stand-in did not start: {line!r}"
        gateway = SandboxGateway(line.split()[-1])
        try:
            yield gateway
        finally:
            gateway.close()
            process.terminate()


@pytest.fixture
def stand_in(stand_in_process: SandboxGateway) -> SandboxGateway:
    stand_in_process.reset()
    return stand_in_process


def made(stand_in: SandboxGateway, call: str) -> int:
    """How often the stand-in was called so."""
    return int(stand_in.calls()["counts"].get(call, 0))
