"""Whether the database can be used: reached, written to, migrated.

Reading alone proves little: a full disk, a server that only follows another one and a file that
may not be written are all read from without a complaint. So one row is really written and
committed, and some room is really taken: a row that is written again finds its place on a disk that
is full. To tell another state: a line in `_SENTENCES`, or in `payments.core.db.away`.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from backoffice.models import WriteTrial
from payments.core.db.away import Absence, absence_of, reason
from payments.core.db.clock import database_now

from .component import Component, degraded, down, fine

NAME, MIGRATIONS = "database", "migrations"
Failed = (DatabaseError, InterfaceError)

# For each question of ours; longer means that the database hangs (PostgreSQL).
STATEMENT_MS = 3_000
# SQLite's wait for another writer: a long one is no outage.
BUSY_MS = 2_000
# What SQLite's disk must have left, in bytes: its journal grows by some megabytes at a time.
LEAST_ROOM = 16 * 1024 * 1024

# Set once all migrations were: nothing takes them back under a process that runs.
were_applied = threading.Event()

_SENTENCES = {
    Absence.GONE: "It can't be reached",
    Absence.FULL: "It answers, but its disk is full, so that nothing can be saved",
    Absence.READ_ONLY: "It answers, but is only for reading, as one that follows another",
}


@contextmanager
def brief() -> Iterator[None]:
    """Around questions to the database: on PostgreSQL none takes longer than `STATEMENT_MS`.

    On SQLite a transaction of ours would wait for whoever writes, also to read.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
        yield


def database() -> Component:
    """Whether it answers and takes what is to be saved."""
    try:
        _write()
    except Failed as error:
        return component_of(error)
    if not _has_room():
        return down(NAME, "full", f"{_SENTENCES[Absence.FULL]}.")
    return fine(NAME, f"{connection.display_name} answers and can be written to.")


def silent(seconds: float) -> Component:
    """What is said of a database that has not answered for so long."""
    return down(NAME, "silent", f"It has not answered within {seconds:.0f} seconds.")


def _write() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    with brief():
        WriteTrial.objects.bulk_create(
            [WriteTrial(pk=WriteTrial.ROW, written_at=database_now())],
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["written_at"],
        )
        _take_room()


def _take_room() -> None:
    """Have PostgreSQL write a temporary file: more rows than fit into the memory that it may use.

    Where the tables are, unless somebody has set `temp_tablespaces`. For SQLite: `_has_room`.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT count(*) FROM generate_series(1, 10000)")


def _has_room() -> bool:
    """Whether the disk of a database of SQLite has some left. It is always this machine's."""
    folder = Path(str(connection.settings_dict["NAME"])).parent
    return connection.vendor != "sqlite" or shutil.disk_usage(folder).free >= LEAST_ROOM


def component_of(error: Exception) -> Component:
    """What an error says of the database as a whole."""
    cause: Any = error.__cause__
    state, name = getattr(cause, "sqlstate", ""), getattr(cause, "sqlite_errorname", "")
    if absence := absence_of(error):
        return down(NAME, absence.value, f"{_SENTENCES[absence]}: {reason(error)}")
    if str(name).startswith("SQLITE_BUSY"):
        return degraded(NAME, "busy", "Somebody else has been writing for seconds without an end.")
    if state == "57014":
        return silent(STATEMENT_MS / 1000)
    if state == "42P01" or "no such table" in str(error):
        return down(NAME, "unmigrated", "It answers, but has not got our tables: see migrations.")
    return down(NAME, "broken", f"It refuses an ordinary write: {reason(error)}")


def migrations() -> Component:
    """Whether the database is as this version of the code needs it."""
    missing = _missing_migrations()
    if not missing:
        return fine(MIGRATIONS, "All are applied.")
    names = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
    return down(
        MIGRATIONS, "missing", f"{len(missing)} to be applied ({names}): run manage.py migrate."
    )


def _missing_migrations() -> list[str]:
    if were_applied.is_set():
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{migration.app_label} {migration.name}" for migration, _backwards in plan]
    if not missing:
        were_applied.set()
    return missing
