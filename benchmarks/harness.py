"""What every benchmark stands on: a scratch database, a stand-in gateway of its own.

Nothing here touches the configured database's data: the scratch one has a name of its own and is
gone at the end. The gateway is a process, so that it takes nothing from what is measured but time.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from django.test.utils import setup_test_environment, teardown_test_environment

from payments import gateway

# No HTTPS in here, and static files straight from the apps.
_QUIET = {"SECURE_SSL_REDIRECT": False, "WHITENOISE_AUTOREFRESH": True}

# What lets a production start that nobody but this machine reaches (`backoffice.checks`): nothing
# is mailed, as nothing listens on port 9.
TRIAL = {
    "ALLOW_STAND_IN": "True",
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "BEHIND_PROXY": "False",
    "CACHE_URL": "dbcache://cache_entries",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "IAMPORT_ACCEPT_TEST_PAYMENTS": "False",
    "SITE_URL": "http://127.0.0.1",
}


class StandIn:
    """The stand-in gateway's control API. By urllib, past what counts gateway calls."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call it; raises urllib.error.HTTPError if it refuses."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)

    def slow_down(self, seconds: float) -> None:
        """Every gateway call takes so much longer from now on."""
        self.control("POST", "faults", {"kind": "latency", "seconds": seconds})


@contextmanager
def scratch_system() -> Iterator[StandIn]:
    """A scratch database and a stand-in gateway, with the product pointed at both."""
    with tempfile.TemporaryDirectory() as folder, gateway_process(Path(folder) / "gateway") as url:
        setup_test_environment(debug=False)
        connection.settings_dict["TEST"]["NAME"] = _test_database(Path(folder))
        configured = connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            with override_settings(**_QUIET, IAMPORT_API_URL=url):
                gateway._client.cache_clear()
                yield StandIn(url)
        finally:
            gateway._client.cache_clear()
            connection.creation.destroy_test_db(configured, verbosity=0)
            teardown_test_environment()


@contextmanager
def another_database(name: str) -> Iterator[str]:
    """One more scratch database beside that of `scratch_system`, connected to; its name."""
    before = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = f"{before}_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    mine = str(connection.settings_dict["NAME"])
    try:
        yield mine
    finally:
        use(mine)
        for kept in _kept.values():
            kept.close()
        _kept.clear()
        connection.creation.destroy_test_db(before, verbosity=0)


# Connections by the name of their database: a server keeps one open from page to page.
_kept: dict[str, BaseDatabaseWrapper] = {}


def use(database: str) -> None:
    """Work on this one of them from now on."""
    now = connections[DEFAULT_DB_ALIAS]
    _kept[str(now.settings_dict["NAME"])] = now
    if database not in _kept:
        _kept[database] = now.copy()
        _kept[database].settings_dict["NAME"] = database
    connections[DEFAULT_DB_ALIAS] = _kept[database]


def process_environment(stand_in_url: str) -> dict[str, str]:
    """What another process needs to work on the same database and gateway."""
    return {
        # A parent that speaks for a test run has settings of its own.
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "DATABASE_URL": _database_url(),
        "IAMPORT_API_URL": stand_in_url,
        "LOG_LEVEL": "ERROR",
        **TRIAL,
    }


# A process begins with the peak of whoever started it, so one that is small starts it. Only wait4
# tells what one process has used.
_WAITING = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
_pid, status, usage = os.wait4(process.pid, 0)
sys.stderr.write(str(usage.ru_maxrss))
sys.exit(min(abs(os.waitstatus_to_exitcode(status)), 1))
"""


def peak_of(command: Sequence[str], variables: Mapping[str, str]) -> tuple[str, float]:
    """What a process and its own print, and the peak memory of the largest of them in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _WAITING, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    # Linux counts in KiB, macOS in bytes.
    return done.stdout, int(done.stderr) / (1024**2 if sys.platform == "darwin" else 1024)


def _test_database(folder: Path) -> str | None:
    """A file of its own on SQLite; PostgreSQL's test database has a name of its own anyway."""
    return str(folder / "benchmark.sqlite3") if connection.vendor == "sqlite" else None


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password, host = (quote(database[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{database['PORT']}/{database['NAME']}"


@contextmanager
def gateway_process(data: Path) -> Iterator[str]:
    """A stand-in gateway in a process of its own, its data in this file; its URL."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()
