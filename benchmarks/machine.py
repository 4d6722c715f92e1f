"""A machine to be maltreated: a web server and a worker, and the clocks of all that runs.

Clocks are set by Debian's libfaketime
(`apt-get install -y libfaketime`) while the processes run; monotonic clocks go on, as they do when
a real machine's clock is set.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# libfaketime 0.9.10 gets sleeping until a moment of the real monotonic clock wrong, which is how
# Python 3.11 sleeps; waiting for nothing sleeps as well.
_SITECUSTOMIZE = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
"""


def free_port() -> int:
    """One at which nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Clock:
    """A clock that can be set, for every process that is started with its environment."""

    def __init__(self, file: Path, *, threads: bool) -> None:
        libraries = Path("/usr/lib").glob(f"*/faketime/libfaketime{'MT' * threads}.so.1")
        library = next(libraries, None)
        if library is None:
            raise SystemExit("No libfaketime here: apt-get install -y libfaketime")
        self._file, self._library = file, str(library)
        file.with_name("sitecustomize.py").write_text(_SITECUSTOMIZE)
        self.set("+0")

    def set(self, offset: str) -> None:
        """As libfaketime writes it: "+3d", "-3d", "+0". Noticed within a second."""
        self._file.write_text(offset)
        self._file.chmod(0o644)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process go by this clock."""
        return {
            "LD_PRELOAD": self._library,
            "PYTHONPATH": str(self._file.parent),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
        }


class Machine:
    """A web server (2 processes of 8 threads) and a worker that share a clock."""

    def __init__(self, clock: Clock, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self._environment = {**os.environ, **environment, **clock.environment}
        self._log = log.open("wb")
        bind = f"127.0.0.1:{self.port}"
        gunicorn = ["-m", "gunicorn", "backoffice.wsgi", "--bind", bind, "--workers", "2"]
        self._processes = [
            self._start(*gunicorn, "--threads", "8", "--timeout", "120"),
            self._start("manage.py", "worker", "--interval", "0.5"),
        ]

    @property
    def url(self) -> str:
        """The shop's front page."""
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        """A command of the product, by the machine's clock."""
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, check=False)

    @property
    def is_whole(self) -> bool:
        """Whether no process has ended."""
        return all(process.poll() is None for process in self._processes)

    def wait(self) -> None:
        """Until the front page comes."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise SystemExit("the web server does not start")

    def end(self) -> None:
        """Let all of it go."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=60)
        self._log.close()

    def _start(self, *words: str) -> "subprocess.Popen[bytes]":
        command: Sequence[str] = [sys.executable, *words]
        return subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)


@contextmanager
def running(clock: Clock, environment: Mapping[str, str], log: Path) -> Iterator[Machine]:
    """A machine that answers; ended whatever happens."""
    machine = Machine(clock, environment, log)
    try:
        machine.wait()
        yield machine
    finally:
        machine.end()
