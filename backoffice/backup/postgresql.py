"""A database of PostgreSQL as one file: by PostgreSQL's own programs, in their custom format.

The restored rows are inserted before there is any trigger, so the ledger's refusal of every change
is in nobody's way, and is there again afterwards. Owners, grants and comments are left out: they
name roles that another server has not got, and whoever restores owns everything.

The programs find the database by their environment, where a password is seen by nobody but us and
root; a command line is seen by everybody on the machine.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from .trouble import BackupFailed

_DUMP = ("pg_dump", "--format=custom", "--no-password")
_RESTORE = (
    "pg_restore",
    "--no-password",
    "--single-transaction",
    "--exit-on-error",
    "--no-owner",
    "--no-privileges",
    "--no-comments",
)
_VERSION = re.compile(r"\b(\d+)(?:\.\d+|beta|rc|devel)")


def dump(*, to: Path) -> None:
    """Write it as it is at one moment, whatever is written meanwhile."""
    _run(*_DUMP, f"--file={to}")


def load(*, file: Path) -> None:
    """Load it in one transaction: the first error undoes everything."""
    _run(*_RESTORE, f"--dbname={_conninfo()}", str(file))


def _run(program: str, *words: str) -> None:
    path, version = _installed(program)
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, and words of ours
        [path, *words], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = next(iter(done.stderr.strip().splitlines()), f"exit code {done.returncode}")
        raise BackupFailed(
            f"{said} ({program} {version}, server {_server()}). Nothing was changed."
        )


def _installed(program: str) -> tuple[str, int]:
    """Its path and version, if it can speak with this server."""
    server, path = _server(), shutil.which(program)
    remedy = (
        f"install PostgreSQL's client programs of version {server} (postgresql-client-{server})"
    )
    if path is None:
        raise BackupFailed(f"{program} is not there: {remedy}.")
    version = _version_of(path)
    if version < server:
        raise BackupFailed(
            f"{program} is of version {version} and the server of {server}, which is too new for "
            f"it: {remedy}."
        )
    return path, version


def _version_of(path: str) -> int:
    said = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
        [path, "--version"], capture_output=True, text=True, check=False
    )
    number = _VERSION.search(said.stdout)
    return int(number[1]) if number else 0


def _server() -> int:
    """The server's version: 15. The question shows as well whether it is there at all."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _environment() -> dict[str, str]:
    """How this process reaches the database, in libpq's own variables."""
    # Only here: an installation on SQLite needs no driver of PostgreSQL.
    from psycopg.pq import Conninfo  # noqa: PLC0415

    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar
    }
    parameters: dict[str, Any] = connection.get_connection_params()
    return os.environ | {
        variables[name]: str(value) for name, value in parameters.items() if name in variables
    }


def _conninfo() -> str:
    """The database's name alone, quoted: one with an equals sign would be taken for more."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    return make_conninfo(dbname=str(connection.settings_dict["NAME"]))
