"""What a benchmark runs on: a stand-in gateway and a database of its own, thrown away afterwards.

`database` makes an empty one beside the configured one and gives the address under which another
process reaches it. Nothing that exists is touched.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """A stand-in gateway for this run alone; yields its address."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(folder / "gateway")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()


def control(url: str, path: str, body: Any) -> Any:
    """Call the stand-in's control API: urllib, so that no meter of the product's calls sees it."""
    request = urllib.request.Request(  # noqa: S310  (our own process)
        f"{url}/_sandbox/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        return json.load(response)


@contextmanager
def database(folder: Path | None = None) -> Iterator[str]:
    """An empty database; with a `folder`, other processes reach it under the address yielded."""
    setup_test_environment(debug=False)
    if connection.vendor == "sqlite" and folder is not None:
        connection.settings_dict["TEST"]["NAME"] = str(folder / "scratch.sqlite3")
    old = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield _address()
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)
        teardown_test_environment()


def _address() -> str:
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    who = f"{quote(facts['USER'], safe='')}:{quote(facts['PASSWORD'], safe='')}"
    host = quote(facts["HOST"], safe="")
    return f"postgres://{who}@{host}:{facts['PORT']}/{facts['NAME']}"
