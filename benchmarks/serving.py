"""The product behind gunicorn for a benchmark, and what asks it: pages, sessions, times."""

import http.client
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser

from benchmarks.harness import process_environment
from benchmarks.machine import free_port

FRONT_PAGE = "/"
# Nothing in front that speaks HTTPS, and nobody who types a code.
SERVED = {"DEBUG": "False", "SECURE_SSL_REDIRECT": "False", "STAFF_MFA_REQUIRED": "False"}


def environment(stand_in_url: str) -> dict[str, str]:
    """That of a process of the product on the scratch database, in production mode."""
    return os.environ | process_environment(stand_in_url) | SERVED


@contextmanager
def process(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[None]:
    """One that runs as long as the block does."""
    with subprocess.Popen(command, env=variables) as started:
        try:
            yield
        finally:
            started.terminate()


@contextmanager
def server(variables: Mapping[str, str]) -> Iterator[int]:
    """gunicorn with 2 workers of 8 threads, as it is deployed; its port, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "backoffice.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--threads", "8", "--log-level", "error"]
    with process(command, variables):
        deadline = time.monotonic() + 30
        while timed(port, FRONT_PAGE, {}) is None:
            if time.monotonic() > deadline:
                raise SystemExit("the server does not answer")
            time.sleep(0.1)
        yield port


def session_cookie(person: AbstractBaseUser) -> str:
    """What a browser of this person sends, once they are in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def timed(port: int, path: str, headers: Mapping[str, str]) -> float | None:
    """Seconds until a page is there whole, over a connection of its own; None if none came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.monotonic()
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        response.read()
    except OSError:
        return None
    finally:
        connection.close()
    if response.status != 200:
        raise SystemExit(f"{path} answered {response.status}")
    return time.monotonic() - started


def milliseconds(seconds: Sequence[float], part: float) -> str:
    """`quantile` for a table; "-" of none."""
    return f"{quantile(seconds, part) * 1_000:,.0f}" if seconds else "-"


def quantile(seconds: Sequence[float], part: float) -> float:
    """The time within which that part of them was answered (nearest rank; they are sorted)."""
    return seconds[math.ceil(len(seconds) * part) - 1]
