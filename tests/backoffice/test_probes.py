"""The probes: answered in front of everything, in words alone, and asking often costs nothing."""

import json
import logging
import threading
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from backoffice import probes
from backoffice.health import Health, Status, database
from backoffice.health.ask import Asking
from backoffice.health.component import degraded, down, fine
from backoffice.probes import KEPT_FOR, LastHealth
from payments.core.db.clock import database_now
from payments.models import ScheduledJob, Worker
from tests.backoffice.troubled import held
from tests.payments.iamport.conftest import Clock

WELL = {
    "status": "ok",
    "database": "ok",
    "migrations": "ok",
    "worker": "ok",
    "schedule": "ok",
    "gateway": "unasked",
    "clock": "uncompared",
}


@pytest.fixture(autouse=True)
def nothing_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "_last", LastHealth())
    database.were_applied.clear()


@pytest.fixture
def at_work(transactional_db: None) -> None:
    """A worker that works, with a schedule."""
    now = database_now()
    Worker.objects.create(worker_id="w", host="shop-1", pid=7, started_at=now, seen_at=now)
    ScheduledJob.objects.create(name="rescue", due_at=now)


@pytest.fixture
def client(settings: Any) -> Client:
    """As a load balancer asks: by plain HTTP, for a host that is not ours."""
    settings.SECURE_SSL_REDIRECT = True
    return Client(headers={"host": "10.0.0.7:8000"})


@pytest.mark.parametrize("path", ["/alive", "/alive/"])
def test_alive_asks_no_database(client: Client, path: str) -> None:
    """Without a mark of its own, a test may not."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("path", ["/ready", "/ready/"])
def test_an_installation_that_is_well_is_ready(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, WELL)
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.usefixtures("at_work")
def test_a_dead_worker_is_said_and_pages_go_on(client: Client) -> None:
    Worker.objects.all().delete()
    answer = client.get("/ready/")
    expected = WELL | {"status": "degraded", "worker": "never"}
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.usefixtures("at_work")
def test_without_all_migrations_it_is_not_ready(client: Client) -> None:
    applied = MigrationRecorder.Migration.objects.filter(app="backoffice")
    rows = list(applied)
    applied.delete()
    try:
        answer = client.get("/ready/")
    finally:
        MigrationRecorder.Migration.objects.bulk_create(rows)
    expected = WELL | {"status": "down", "migrations": "missing"}
    assert (answer.status_code, answer.json()) == (503, expected)


@pytest.mark.usefixtures("at_work")
def test_a_database_that_hangs_is_said_in_time_and_without_its_words(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "WITHIN", 0.1)
    with held():
        answer = client.get("/ready/")
    assert answer.status_code == 503
    assert set(answer.json().values()) == {"down", "silent", "unknown"}
    asking = probes._last._asking
    assert asking is not None
    asking.health(within=20)


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("path", ["/alive/", "/ready/"])
def test_a_head_has_the_length_and_no_body(client: Client, path: str) -> None:
    answer, body = client.head(path), client.get(path).content
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer["Content-Length"]) == len(body)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/alive/", "/ready/"])
def test_nothing_can_be_posted_there(client: Client, method: str, path: str) -> None:
    answer = client.generic(method, path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


class Counted(Asking):
    """Counts how often the installation was asked, and waits until it may answer."""

    begun = 0
    may_answer = threading.Event()

    def __init__(self) -> None:
        type(self).begun += 1
        super().__init__()

    def health(self, *, within: float) -> Health:
        self.may_answer.wait(10)
        return Health((fine("database", "Answers."),))

    def _ask(self) -> None:
        self.may_answer.wait(10)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    monkeypatch.setattr(probes, "Asking", Counted)
    Counted.begun = 0
    Counted.may_answer.clear()
    return Counted


def test_of_a_flood_one_asks(asked: type[Counted]) -> None:
    last = LastHealth()
    answers: list[Health] = []
    crowd = [threading.Thread(target=lambda: answers.append(last.get())) for _ in range(20)]
    for thread in crowd:
        thread.start()
    asked.may_answer.set()
    for thread in crowd:
        thread.join(10)
    assert [answer.status for answer in answers] == [Status.OK] * 20
    assert asked.begun == 1


def test_an_answer_is_kept_for_a_moment(asked: type[Counted]) -> None:
    asked.may_answer.set()
    clock = Clock()
    last = LastHealth(monotonic=clock)
    for seconds, begun in ((0.0, 1), (KEPT_FOR - 0.1, 1), (0.2, 2)):
        clock.now += seconds
        last.get()
        assert asked.begun == begun


def test_while_one_asks_the_others_have_the_last_answer_at_once(asked: type[Counted]) -> None:
    asked.may_answer.set()
    clock = Clock()
    last = LastHealth(monotonic=clock)
    first = last.get()
    asked.may_answer.clear()
    clock.now += KEPT_FOR
    asking = threading.Thread(target=last.get)
    asking.start()
    while asked.begun == 1:
        pass
    assert last.get() is first
    asked.may_answer.set()
    asking.join(10)
    assert last.get() is not first


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines about the installation, in order."""
    return [one.getMessage() for one in caplog.records if one.name.startswith("backoffice")]


def test_a_change_is_one_line_in_the_log_however_often_it_is_asked(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, dead = fine("worker", "Works."), degraded("worker", "silent", "None since noon.")
    gone = down("database", "gone", "It can't be reached: refused")
    answers = [well, well, dead, dead, gone, gone, well, well]

    class Scripted(Counted):
        def health(self, *, within: float) -> Health:
            return Health((answers.pop(0),))

    monkeypatch.setattr(probes, "Asking", Scripted)
    Scripted.may_answer.set()
    clock = Clock()
    last = LastHealth(monotonic=clock)
    with caplog.at_level(logging.INFO):
        while answers:
            last.get()
            clock.now += KEPT_FOR
    assert said(caplog) == [
        "the installation is degraded: worker silent: None since noon.",
        "the installation is down: database gone: It can't be reached: refused",
        "the installation is well again",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_probe_that_says_503_is_no_line_of_its_own(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE backoffice_writetrial RENAME TO elsewhere")
        try:
            answers = [client.get("/ready/") for _ in range(3)]
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO backoffice_writetrial")
    assert [answer.status_code for answer in answers] == [503] * 3
    assert json.loads(answers[0].content)["database"] == "unmigrated"
    assert len(caplog.records) == 1
