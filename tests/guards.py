"""What guards every test: no call inside a transaction or out of this machine, nothing left over.

To add a guard: an autouse fixture here.
"""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.core.cache import cache as attempts
from django.db import connections, transaction
from django.template import Context, Template
from django.utils import timezone
from django.utils.safestring import SafeString

from payments import gateway
from payments.core.db import clock
from payments.gateway import shared
from payments.services import clock as clock_service


@pytest.fixture(autouse=True)
def no_network_call_inside_a_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[str]]:
    """Fail the test if anything calls out while a transaction of the product is open.

    A test that runs inside a transaction of its own (`db`) starts deeper; only what is opened on
    top of that counts. The violation is remembered, because the product may swallow the exception.
    """
    violations: list[str] = []
    send = requests.adapters.HTTPAdapter.send

    def guarded(self: Any, prepared: requests.PreparedRequest, **kwargs: Any) -> Any:
        open_blocks = [block for block in _atomic_blocks() if not _is_of_the_test(block)]
        if open_blocks:
            violations.append(f"{prepared.method} {prepared.url}")
            raise AssertionError(f"network call inside a transaction: {violations[-1]}")
        return send(self, prepared, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", guarded)
    yield violations
    assert not violations, f"network calls inside a transaction: {violations}"


def _atomic_blocks() -> list[transaction.Atomic]:
    return [block for alias in connections for block in connections[alias].atomic_blocks]


def _is_of_the_test(block: transaction.Atomic) -> bool:
    # Set by Django's TestCase; not part of its documented interface.
    return bool(getattr(block, "_from_testcase", False))


@pytest.fixture(autouse=True, scope="session")
def a_page_keeps_the_context_of_its_own_template(django_test_environment: None) -> Iterator[None]:
    """Django's client copies a context for every part that a page includes: hundreds in a list.

    `_render` is what `setup_test_environment` replaces; it has no documented name.
    """

    kept = vars(Template)["_render"]

    def rendered(self: Template, context: Context) -> SafeString:
        is_page = context.template is self
        return kept(self, context) if is_page else self.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", rendered)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_connection_leaves_this_machine() -> Iterator[None]:
    """A test that reaches for the Internet fails at once, with the address it wanted."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host not in {"127.0.0.1", "::1", "localhost"} and not _is_database(host):
                raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_database(host: str) -> bool:
    return bool(host == django_settings.DATABASES["default"].get("HOST"))


@pytest.fixture(autouse=True)
def the_database_travels_along(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a test moves this process's clock, PostgreSQL's goes with it, unless it says else."""
    if "time_machine" in request.fixturenames:
        monkeypatch.setattr(clock, "_of_the_server", timezone.now)


@pytest.fixture(autouse=True)
def no_time_heard_yet() -> None:
    """What the gateway said about the time is kept in this process, and outlives a test."""
    clock_service.forget()


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    """allauth counts attempts in the cache, which outlives a test."""
    attempts.clear()


@pytest.fixture(autouse=True)
def the_gateway_answered_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The breaker outlives a test too; what it tells other processes would be queries too many."""
    gateway._breaker.cache_clear()
    monkeypatch.setattr(shared, "READ_EVERY", float("inf"))
    monkeypatch.setattr(shared, "ANSWERS_NOTED_EVERY", float("inf"))


@pytest.fixture(scope="session", autouse=True)
def _allow_orm_beside_playwright() -> Iterator[None]:
    """Playwright's sync API runs an event loop in this thread; the ORM is not used from it."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
