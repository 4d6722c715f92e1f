"""The two sides as folders and processes: checkouts, environment, the stand-in gateway, recorders.

All that runs is run with a checkout as its working directory, so that its code is imported and this
package, linked as `screens`, comes from the tree that compares.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import requests

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent
# When the database is filled: a Wednesday, 14:00 in Korea. And when everything is looked at.
SEEDED = datetime(2026, 4, 15, 5, 0, tzinfo=UTC)
LOOKED_AT = SEEDED + timedelta(hours=1)
# What is kept of a base: the database, the gateway's data, its answers.
DATA = BOOK, GATEWAY = "book.sqlite3", "gateway.sqlite3"
ANSWERS = "answers"
# Nobody listens on port 9 of a developer's machine: the gateway is silent, at once.
SILENT = "http://127.0.0.1:9"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "screens.settings",
    "ENV_FILE": "",
    "DEBUG": "False",
    "SECRET_KEY": "screens-only-" + "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SECURE_SSL_REDIRECT": "False",
    "SECURE_COOKIES": "False",
    "SECURE_HSTS_SECONDS": "0",
    "IAMPORT_API_URL": SILENT,
    "IAMPORT_SDK_URL": f"{SILENT}/v1/iamport.js",
    "IAMPORT_ACCEPT_TEST_PAYMENTS": "False",
    "IAMPORT_MAX_RETRIES": "0",
    "IAMPORT_CONNECT_TIMEOUT": "5",
    "EMAIL_URL": "memorymail://",
    "STAFF_MFA_REQUIRED": "False",
    "NAVER_CLIENT_ID": "screens",
    "NAVER_CLIENT_SECRET": "screens",
    "KAKAO_CLIENT_ID": "screens",
    "KAKAO_CLIENT_SECRET": "screens",
    "SHOP_NAME": "Devket",
    "SITE_URL": "https://backoffice.example.com",
    "LOG_LEVEL": "CRITICAL",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
    "TZ": "UTC",
}
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


def say(text: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def git(*words: str) -> str:
    """What git answers, about the tree that this package is in."""
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def version() -> str:
    """Changes with every change of this package: what another version recorded is another thing."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def checkout(revision: str, folder: Path) -> Iterator[Path]:
    """The tree of a commit in `folder`, gone again afterwards."""
    git("worktree", "add", "--quiet", "--detach", str(folder), revision)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


@contextmanager
def working_tree(_revision: str, folder: Path) -> Iterator[Path]:
    """A copy of the files as they are now, so that editing goes on meanwhile."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    yield folder


def environment(work: Path, **more: str) -> dict[str, str]:
    """The same for every process; nothing of the developer's own but where things are."""
    link = work / "tool" / "screens"
    if not link.exists():
        link.parent.mkdir(parents=True)
        link.symlink_to(PACKAGE)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | ENVIRONMENT | {"PYTHONPATH": str(link.parent)} | more


def run(*words: str, cwd: Path, env: dict[str, str], output: TextIO) -> "subprocess.Popen[str]":
    """Start this package's `side` in a checkout; all that it says goes to `output`."""
    command = [sys.executable, "-m", "screens.side", *words]
    return subprocess.Popen(
        command, cwd=cwd, env=env, text=True, stdout=output, stderr=subprocess.STDOUT
    )


@contextmanager
def gateway(data: Path, *, cwd: Path, env: dict[str, str]) -> Iterator[str]:
    """The stand-in gateway of a checkout over its data file; its address."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            if "listening on" not in line:
                raise RuntimeError(f"the stand-in gateway did not start: {line!r}")
            yield line.rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()


@contextmanager
def answering(is_answered: bool, data: Path, own: Path, code: Path) -> Iterator[str]:
    """The address of a gateway over a copy of its data, at `LOOKED_AT`; or `SILENT`."""
    if not is_answered:
        yield SILENT
        return
    shutil.copy(data / GATEWAY, own / GATEWAY)
    with gateway(own / GATEWAY, cwd=code, env=dict(os.environ)) as url:
        set_clock(url, LOOKED_AT)
        yield url


def set_clock(url: str, moment: datetime) -> None:
    """The clock of a stand-in gateway goes on from `moment`."""
    body = {"now": moment.timestamp()}
    requests.post(f"{url}/_sandbox/clock", json=body, timeout=10).raise_for_status()
