"""A database of SQLite as one file: by SQLite's own copy, beside which everybody goes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from .trouble import BackupFailed, BackupRefused


def dump(*, to: Path) -> None:
    """Copy it as it is at one moment, whatever is written meanwhile."""
    with _words("The backup could not be made"), closing(sqlite3.connect(to)) as target:
        _ours().backup(target)
        # One file, without a journal beside it.
        target.execute("PRAGMA journal_mode = DELETE")


def load(*, file: Path) -> None:
    """Copy it back. SQLite does that in one transaction: an end in the middle leaves nothing."""
    with _words(f"{file} could not be restored"), closing(_opened(file)) as source:
        [(verdict,)] = source.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise BackupFailed(f"{file} is damaged: {verdict}. Nothing was restored.")
        tables = source.execute("SELECT name FROM sqlite_master WHERE name = 'django_migrations'")
        if not tables.fetchall():
            raise BackupRefused(f"{file} is a database, but none of ours.")
        source.backup(_ours())
    # The copy brought its own kind of journal; a new connection sets ours.
    connection.close()


def _ours() -> sqlite3.Connection:
    connection.ensure_connection()
    ours: sqlite3.Connection = connection.connection
    return ours


def _opened(file: Path) -> sqlite3.Connection:
    """Only to be read, also where nothing may be written beside it."""
    return sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1", uri=True)


@contextmanager
def _words(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFailed(f"{what}: {error}. Nothing was changed.") from error
