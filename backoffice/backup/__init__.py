"""The database in one file, and back: for `manage.py backup` and `manage.py restore`.

A backup appears whole or not at all, readable by its owner alone, with its SHA-256 beside it; a
restore goes into an empty database, all or nothing, so that no trigger has to be switched off and
nothing is mixed. `files` is about the file, `postgresql` and `sqlite` about what is in it. To
support another database: a module with `dump` and `load`, and its line in `_DATABASES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from . import files, postgresql, sqlite
from .trouble import BackupFailed, BackupRefused

__all__ = ["BackupFailed", "BackupRefused", "backup", "restore"]


@dataclass(frozen=True, slots=True)
class _Database:
    """How a database is dumped and loaded, how its dumps begin, and where an empty one is had."""

    name: str
    magic: bytes
    dump: Callable[..., None]
    load: Callable[..., None]
    a_new_one: str


_DATABASES = {
    "postgresql": _Database(
        "PostgreSQL",
        b"PGDMP",
        postgresql.dump,
        postgresql.load,
        "Make a new one (createdb NAME), name it in DATABASE_URL, and restore into that.",
    ),
    "sqlite": _Database(
        "SQLite",
        b"SQLite format 3\0",
        sqlite.dump,
        sqlite.load,
        "Name a new file in DATABASE_URL, and restore into that.",
    ),
}


def backup(*, file: Path) -> None:
    """Write the database to `file`, and its sum beside it. What is there is never overwritten."""
    with files.appears_whole(file=file) as partial:
        _DATABASES[connection.vendor].dump(to=partial)


def restore(*, file: Path) -> None:
    """Load a backup into the database, which has to be empty: all of it or nothing."""
    database = _DATABASES[connection.vendor]
    _refuse_another_kind(file, database)
    files.check_sum(file=file)
    _refuse_unless_empty(database)
    database.load(file=file)


def _refuse_another_kind(file: Path, database: _Database) -> None:
    start = files.start_of(file=file)
    kind = next((one for one in _DATABASES.values() if start.startswith(one.magic)), None)
    if kind is None:
        raise BackupRefused(f"{file} is no backup.")
    if kind is not database:
        raise BackupRefused(f"{file} is one of {kind.name}, and the database is {database.name}.")


def _refuse_unless_empty(database: _Database) -> None:
    """Rows of two books must not be mixed; and the ledger's own rows can't be removed first."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor, include_views=True))
        if not tables:
            return
        payments = ""
        if "payments_payment" in tables:
            cursor.execute("SELECT count(*) FROM payments_payment")
            payments = f" and {cursor.fetchone()[0]:,} payments"
    named = ", ".join(tables[:3]) + (" …" if len(tables) > 3 else "")
    raise BackupRefused(
        f"The database is not empty: it has {len(tables)} tables ({named}){payments}. "
        f"Nothing was changed. {database.a_new_one}"
    )
