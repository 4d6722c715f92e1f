"""`manage.py status`: a line for each component, an exit code for the worst of them."""

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test.utils import override_settings

from payments.core.db.clock import database_now
from payments.core.kst import stamp
from payments.models import ScheduledJob, Worker
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Worker:
    """One that works, with a schedule."""
    now = database_now()
    ScheduledJob.objects.create(name="rescue", due_at=now)
    return Worker.objects.create(worker_id="w", host="h", pid=7, started_at=now, seen_at=now)


def status(*words: str) -> int:
    try:
        call_command("status", *words)
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


@pytest.mark.usefixtures("worker")
def test_an_installation_that_is_well_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert status() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "database",
        "migrations",
        "worker",
        "schedule",
        "gateway",
        "clock",
    ]
    # Aligned: every sentence begins in the same place.
    assert len({line.index(line.split(maxsplit=2)[2]) for line in lines}) == 1


def test_a_dead_worker_ends_with_1_and_says_since_when_in_korea(
    worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    died = database_now() - timedelta(minutes=30)
    Worker.objects.update(seen_at=died)
    with override_settings(TIME_ZONE="America/New_York"):
        assert status() == 1
    assert f"None has given a sign of life since {stamp(died)}" in capsys.readouterr().out


@pytest.mark.usefixtures("worker")
def test_a_program_gets_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "ok"
    assert answer["components"]["worker"] == {
        "name": "worker",
        "state": "ok",
        "status": "ok",
        "sentence": "Works.",
    }


def run(database_url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    environment: dict[str, Any] = os.environ | {
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "DATABASE_URL": database_url,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "status", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_database_that_is_away_is_told_and_ends_with_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = run(f"postgres://nobody:hidden@127.0.0.1:{taken.getsockname()[1]}/nothing")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.splitlines()[0].startswith("database    gone     It can't be reached: ")
    assert "hidden" not in done.stdout


def test_a_server_that_says_nothing_is_told_within_seconds() -> None:
    """It takes the connection, and that is all."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        done = run(f"postgres://nobody@127.0.0.1:{mute.getsockname()[1]}/nothing", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["components"]["database"]["state"] in {"gone", "silent"}
