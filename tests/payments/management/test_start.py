"""Web and worker don't start in a production that is unsafe, and say what to do."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.harness import TRIAL
from payments.management.start import UNSAFE
from tests.conftest import ROOT

# A production that nobody has set up: what the environment lacks stops it.
BARE = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "backoffice.settings",
    "ENV_FILE": "",
    "SECRET_KEY": "starts-only-" + "0123456789abcdef" * 4,
}
WSGI = ["-c", "import backoffice.wsgi"]
GUNICORN = ["-m", "gunicorn", "backoffice.wsgi", "--bind", "127.0.0.1:0"]
BACKGROUND = [["manage.py", "worker", "--batch"], ["manage.py", "run_due_jobs"]]


def start(
    words: Sequence[str], folder: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    database = {"DATABASE_URL": f"sqlite:///{folder / 'start.sqlite3'}"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=BARE | database | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", BACKGROUND, ids=lambda words: words[1])
def test_background_work_does_not_start_unsafely(command: list[str], tmp_path: Path) -> None:
    done = start(command, tmp_path)
    assert done.returncode == UNSAFE
    for fault in ("security.W020", *(f"backoffice.E00{number}" for number in (1, 5, 8, 9))):
        assert f"({fault})" in done.stderr
    assert "EMAIL_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_web_server_does_not_start_unsafely(tmp_path: Path) -> None:
    done = start(GUNICORN, tmp_path)
    assert done.returncode == 3  # gunicorn's word for: no process could be started
    assert "(backoffice.E005) Mails are not sent" in done.stderr


def test_a_key_that_can_be_guessed_stops_it(tmp_path: Path) -> None:
    done = start(WSGI, tmp_path, **TRIAL, SECRET_KEY="written-by-make-run")
    assert done.returncode
    assert "security.W009" in done.stderr


def test_what_is_safe_starts(tmp_path: Path) -> None:
    assert start(["manage.py", "migrate", "-v", "0"], tmp_path, **TRIAL).returncode == 0
    for command in [WSGI, *BACKGROUND]:
        done = start(command, tmp_path, **TRIAL)
        assert done.returncode == 0, done.stderr


def test_what_is_odd_but_safe_is_logged_once(tmp_path: Path) -> None:
    account = {"IAMPORT_KEY": "1", "IAMPORT_SECRET": "2", "SECURE_SSL_REDIRECT": "False"}
    done = start(WSGI, tmp_path, **TRIAL, **account)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ALLOW_STAND_IN is set although") == 1


def test_a_demo_starts_as_it_is(tmp_path: Path) -> None:
    assert start(WSGI, tmp_path, DEBUG="True").returncode == 0
