"""The database goes away and comes back: the worker waits and goes on, commands say so and end."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from benchmarks.harness import TRIAL, process_environment
from payments import tasks
from payments.management.commands import worker as command
from payments.models import Payment, Product, VerificationRun, Worker
from payments.services.background import outage, workers
from payments.services.ledger_audit import audit
from payments.services.verification_runs import control
from tests.conftest import ROOT
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = "connection failed: the server is not there"


class Away:
    """Lets so many statements of this thread through, and then none for so many; counts them."""

    def __init__(self, *, after: int, for_so_many: int) -> None:
        self.number = 0
        self._gone = range(after, after + for_so_many)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.number += 1
        if self.number - 1 in self._gone:
            raise OperationalError(AWAY)
        return execute(sql, params, many, context)

    def go(self, *, for_so_many: int) -> None:
        self._gone = range(self.number, self.number + for_so_many)
        Payment.objects.exists()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The worker's pauses, which pass at once; as do those of the queue's own three tries."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def work(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of this process, until its queue is empty. Its heartbeat is the first one alone."""
    monkeypatch.setattr(command.Heartbeat, "start", lambda heartbeat: None)
    monkeypatch.setattr(command.Heartbeat, "join", lambda heartbeat, timeout: None)
    before = {number: signal.getsignal(number) for number in (2, 15, 3)}
    try:
        with connection.execute_wrapper(away):
            call_command("worker", batch=True, no_schedule=True, interval=0.0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def order(sandbox: SandboxGateway, customer: User, product: Product) -> Payment:
    """It was approved, and we heard nothing."""
    payment = start(customer, product)
    sandbox.pay(payment.merchant_uid, payment.amount)
    return payment


def ask() -> VerificationRun:
    return control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=tasks.queue_verification
    )


def rescue(run: VerificationRun) -> None:
    """What the schedule does for a run that no worker has touched for a lease."""
    run.items.update(claimed_until=None)
    tasks.queue_verification(run.pk)


@pytest.mark.parametrize(("statements", "step"), [(1, 2), (12, 5)])
def test_at_whichever_statement_the_database_goes_away_nothing_is_lost_or_done_twice(
    statements: int, step: int, order: Payment, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first heartbeat and the claim to writing how the task ended."""
    undisturbed, number, runs = Away(after=10**6, for_so_many=0), 0, 0
    work(undisturbed, monkeypatch)
    is_reached = True
    while is_reached:
        run = ask()
        away = Away(after=number, for_so_many=statements)
        work(away, monkeypatch)
        is_reached = away.number > number + statements
        number, runs = number + step, runs + 1
        rescue(run)
        work(undisturbed, monkeypatch)
        run.refresh_from_db()
        assert (run.status, run.items.get().outcome) in {("done", "moved"), ("done", "agrees")}
        assert not DBTaskResult.objects.running().exists()
    assert number > 20
    assert kinds(order).count("paid") == 1
    assert kinds(order).count("confirmed") == runs - 1
    assert list(audit()) == []


def test_a_task_whose_end_could_not_be_written_is_marked_as_failed(
    order: Payment, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be under way for ever, as its worker lives, and keep its job away."""
    tasks.sweep_orders.enqueue()
    away = Away(after=10**6, for_so_many=0)
    # Now, and for the queue's three tries to write that.
    monkeypatch.setattr(tasks, "sweep", lambda **_arguments: away.go(for_so_many=5))
    work(away, monkeypatch)
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.FAILED
    assert task.exception_class_path.endswith(workers.DatabaseLost.__name__)


def test_it_waits_with_pauses_that_grow_and_logs_two_lines(
    db: None,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, outage.logger.name):
        work(Away(after=0, for_so_many=9), monkeypatch)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0]
    lines = [record for record in caplog.records if record.name == outage.logger.name]
    assert [line.getMessage() for line in lines] == [
        "the database is away, waiting",
        "the database is back",
    ]
    assert vars(lines[0])["reason"] == AWAY


@pytest.fixture
def nowhere() -> Iterator[dict[str, str]]:
    """The environment of a process whose database is a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgres://nobody@127.0.0.1:{taken.getsockname()[1]}/nothing"
        yield (
            os.environ
            | TRIAL
            | {
                "DJANGO_SETTINGS_MODULE": "backoffice.settings",
                "DATABASE_URL": url,
                "LOG_LEVEL": "WARNING",
            }
        )


def manage(environment: dict[str, str], *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_told_to_stop_while_it_waits_it_ends_at_once(nowhere: dict[str, str]) -> None:
    process = manage(nowhere, "worker")
    assert process.stderr is not None
    assert "the database is away" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_command_without_a_database_says_so_and_ends_with_75(nowhere: dict[str, str]) -> None:
    process = manage(nowhere, "run_due_jobs")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "The database is away: " in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "words",
    [
        ["run_due_jobs"],
        ["sweep"],
        ["audit_ledger"],
        ["verify_payments"],
        ["reconcile", "--from", "2026-04-01", "--to", "2026-04-01"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("after", [0, 1])
def test_every_command_says_so_whenever_the_database_goes(
    words: list[str], after: int, order: Payment
) -> None:
    away = Away(after=after, for_so_many=10**6)
    with connection.execute_wrapper(away), pytest.raises(CommandError, match="away") as ended:
        call_command(*words)
    assert ended.value.returncode == 75


class Relay:
    """Stands between a process and PostgreSQL, and can be cut."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[socket.socket] = []
        self._is_open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                if not self._is_open:
                    client.close()
                    continue
                settings = connection.settings_dict
                server = socket.create_connection((settings["HOST"], int(settings["PORT"])))
                self._pairs += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                target.sendall(piece)
        target.close()

    def cut(self) -> None:
        self._is_open = False
        for end in self._pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def mend(self) -> None:
        self._is_open = True

    def close(self) -> None:
        self.cut()
        self._listener.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.postgresql
def test_the_same_worker_goes_on_when_postgresql_is_back(sandbox: SandboxGateway) -> None:
    relay = Relay()
    environment = os.environ | process_environment(sandbox.url)
    port = str(connection.settings_dict["PORT"])
    environment["DATABASE_URL"] = environment["DATABASE_URL"].replace(port, str(relay.port))
    environment["LOG_LEVEL"] = "WARNING"
    process = manage(environment, "worker", "--interval", "0.1", "--no-schedule")
    try:
        wait_for(Worker.objects.exists)
        relay.cut()
        assert process.stderr is not None
        # The database of the suite belongs to whoever runs it, which is said first.
        assert any("the database is away" in line for line in process.stderr)
        tasks.rescue.enqueue()
        relay.mend()
        wait_for(DBTaskResult.objects.successful().exists)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
        assert Worker.objects.get().stopped_at is not None
    finally:
        process.kill()
        process.communicate()
        relay.close()
