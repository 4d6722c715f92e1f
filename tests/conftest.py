"""What every test may use: the cast, the stand-in gateway over real HTTP, and two guards.

The cast: `customer` and `stranger` buy; `viewer`, `finance`, `operator`, `approver` and
`admin_person` are staff in the group of that name. The guards: no network call inside a
transaction, and no connection that leaves this machine. `emptying` clears up after tests that
commit.
"""

import gc
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.cache import cache as attempts
from django.db import connection, connections, transaction
from django.template import Context, Template
from django.test import TransactionTestCase
from django.utils import timezone
from django.utils.safestring import SafeString
from playwright.sync_api import Browser, Page

from accounts.models import User
from payments import gateway
from payments.core.db import clock
from payments.gateway import shared
from payments.services import clock as clock_service
from tests import emptying
from tests.browser import Tabs, Watch
from tests.gateway import SandboxGateway

# `make chaos`: --hypothesis-profile=chaos.
hypothesis.settings.register_profile("chaos", max_examples=2_000)

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"


# --- Guards ----------------------------------------------------------------------------------


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Emptied by `emptying` between tests, and alone in the end.

    PostgreSQL drops a database only when nobody is in it: not even a thread that was cut off.
    """
    by_django = vars(TransactionTestCase)["_fixture_teardown"]
    with django_db_blocker.unblock():
        before = emptying.rights()

    def teardown(self: TransactionTestCase) -> None:
        emptying.empty(rights_before=before, by_django=lambda: by_django(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


# --- The cast --------------------------------------------------------------------------------


@cache
def _hashed() -> str:
    return make_password(PASSWORD)


def _person(name: str, *, group: str = "") -> User:
    """Straight into the tables: the ways of people and allauth would cost more than most tests."""
    user = User(
        username=name, email=f"{name}@example.com", password=_hashed(), is_staff=bool(group)
    )
    User.objects.bulk_create([user])
    confirmed = EmailAddress(user=user, email=user.email, verified=True, primary=True)
    EmailAddress.objects.bulk_create([confirmed])
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def customer(db: None) -> User:
    """Buys."""
    return _person("customer")


@pytest.fixture
def stranger(db: None) -> User:
    """Another customer, who must not see or change what is the customer's."""
    return _person("stranger")


@pytest.fixture
def viewer(db: None) -> User:
    """Staff who may look."""
    return _person("viewer", group="Viewer")


@pytest.fixture
def finance(db: None) -> User:
    """Staff who may look and export."""
    return _person("finance", group="Finance")


@pytest.fixture
def operator(db: None) -> User:
    """Staff who may look, verify and mark failed."""
    return _person("operator", group="Operator")


@pytest.fixture
def approver(db: None) -> User:
    """Staff who may do what an operator may, also while the gateway is silent."""
    return _person("approver", group="Approver")


@pytest.fixture
def admin_person(db: None) -> User:
    """Staff in the Admin group, not a superuser."""
    return _person("admin_person", group="Admin")


# --- The gateway -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxGateway]:
    """The stand-in gateway in its own process, one for each test worker."""
    data = tmp_path_factory.mktemp("sandbox") / "gateway.sqlite3"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("IAMPORT_")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, f"the sandbox did not start: {line!r}"
    stand_in = SandboxGateway(line.rsplit(" ", 1)[-1].strip())
    yield stand_in
    stand_in.close()
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def sandbox(sandbox_process: SandboxGateway, settings: Any) -> SandboxGateway:
    """The stand-in gateway, empty, and the product pointed at it with quick retries."""
    sandbox_process.reset()
    settings.IAMPORT_API_URL = sandbox_process.url
    settings.IAMPORT_SDK_URL = f"{sandbox_process.url}/v1/iamport.js"
    settings.IAMPORT_READ_TIMEOUT = 1.0
    settings.IAMPORT_MAX_RETRIES = 0
    sdk = sandbox_process.url
    settings.CHECKOUT_CSP = {name: [sdk] for name in django_settings.CHECKOUT_CSP}
    # The token of the last test was forgotten with everything else.
    gateway._client.cache_clear()
    return sandbox_process


# --- The server's zone -----------------------------------------------------------------------


@pytest.fixture(params=["UTC", "Asia/Seoul", "America/New_York"])
def server_zone(request: pytest.FixtureRequest, settings: Any) -> Iterator[str]:
    """The test runs once with the server in each of these zones (Django's and the system's)."""
    before = os.environ.get("TZ")
    settings.TIME_ZONE = request.param
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        os.environ.pop("TZ")
    else:
        os.environ["TZ"] = before
    time.tzset()


# --- The browser -----------------------------------------------------------------------------


INSTALL = "apt-get install -y chromium-headless-shell"


def chromium_path() -> str | None:
    """What `CHROMIUM` names, or Debian's Chromium: the one without windows first, it is quicker."""
    found = os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium-headless-shell", "chromium"))
    return next((path for path in found if path), None)


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: a test waits for gateway, database and browser a third of its time."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_finish() -> None:
    """What is loaded stays: looking through it for garbage is a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _markers(item: pytest.Item) -> set[str]:
    return {marker.name for marker in item.iter_markers()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is about one database is for that one, and what no database changes is looked at once.
    Browser tests skip where there is no Chromium, with the one line that installs it.
    """
    is_postgresql = connection.vendor == "postgresql"
    elsewhere = {"sqlite", "any_database"} if is_postgresql else {"postgresql"}
    items[:] = [item for item in items if elsewhere.isdisjoint(_markers(item))]
    if chromium_path() or os.environ.get("REQUIRE_BROWSER") == "1":
        return
    skip = pytest.mark.skip(reason=f"no Chromium here: {INSTALL}")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives Debian's Chromium; nothing is downloaded."""
    path = chromium_path()
    if path is None:
        pytest.fail(f"REQUIRE_BROWSER=1, but there is no Chromium: {INSTALL}")
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            # Nobody looks at these pages: letters need no fine drawing.
            "--disable-lcd-text",
            "--disable-font-subpixel-positioning",
            "--font-render-hinting=none",
            # One frame is kept for all pages of a tab: loading costs a third less.
            "--enable-features=RenderDocument:level/crashed-frame",
        ],
    }


@pytest.fixture(scope="session")
def _tabs_of_this_worker(browser: Browser) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def tabs(_tabs_of_this_worker: Tabs) -> Iterator[Tabs]:
    """Tabs of any kind, wiped afterwards."""
    yield _tabs_of_this_worker
    _tabs_of_this_worker.wipe()


@pytest.fixture
def page(tabs: Tabs, base_url: str | None) -> Page:
    """A plain tab."""
    return tabs.open(base_url=base_url)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test afterwards if a browser complained."""
    watching = Watch()
    yield watching
    watching.end()
    assert watching.unexpected() == []


@pytest.fixture(scope="session", autouse=True)
def _allow_orm_beside_playwright() -> Iterator[None]:
    """Playwright's sync API runs an event loop in this thread; the ORM is not used from it."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
