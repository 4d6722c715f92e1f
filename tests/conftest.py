"""What every test may use: the cast, and the stand-in gateway over real HTTP.

The cast: `customer` and `stranger` buy; `viewer`, `finance`, `operator`, `approver` and
`admin_person` are staff in the group of that name. `guards` watches over every test,
`browser_fixtures` opens tabs, `emptying` clears up after tests that commit.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection
from django.test import TransactionTestCase

from accounts.models import User
from payments import gateway
from tests import emptying
from tests.gateway import SandboxGateway

# `make chaos`: --hypothesis-profile=chaos.
hypothesis.settings.register_profile("chaos", max_examples=2_000)
# Eight of these are as many: a story that reads those before it costs their square.
hypothesis.settings.register_profile("eighth", max_examples=250)

pytest_plugins = ["tests.guards", "tests.browser_fixtures"]

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"


# --- The database -----------------------------------------------------------------------------


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


# --- Collection and workers -------------------------------------------------------------------


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
    """What is about one database is for that one; what no database changes is looked at once."""
    is_postgresql = connection.vendor == "postgresql"
    elsewhere = {"sqlite", "any_database"} if is_postgresql else {"postgresql"}
    items[:] = [item for item in items if elsewhere.isdisjoint(_markers(item))]
