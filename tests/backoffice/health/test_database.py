"""A database that can't be used is noticed, whatever keeps it: each state by a cause of its own."""

import shutil
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from backoffice.health import Status, database
from backoffice.models import WriteTrial
from tests.backoffice.troubled import held, read_only, unable_to_grow, write_much

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_migrations_seen_yet() -> None:
    database.were_applied.clear()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def state() -> tuple[str, Status]:
    asked = database.database()
    assert asked.name == "database"
    return asked.state, asked.status


def test_it_is_really_written_each_time() -> None:
    assert state() == ("ok", Status.OK)
    first = WriteTrial.objects.get().written_at
    assert state() == ("ok", Status.OK)
    assert WriteTrial.objects.get().written_at > first


def test_a_database_only_for_reading_is_down() -> None:
    with read_only():
        assert state() == ("readonly", Status.DOWN)


@pytest.mark.sqlite
def test_a_file_that_can_not_grow_is_full() -> None:
    with unable_to_grow(), pytest.raises(DatabaseError) as full:
        write_much()
    asked = database.component_of(full.value)
    assert (asked.state, asked.status) == ("full", Status.DOWN)


@pytest.mark.sqlite
def test_a_disk_with_next_to_no_room_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = shutil.disk_usage(Path(str(connection.settings_dict["NAME"])).parent)
    monkeypatch.setattr(database, "LEAST_ROOM", disk.total)
    assert state() == ("full", Status.DOWN)


@pytest.mark.postgresql
def test_room_on_the_server_s_disk_is_really_taken() -> None:
    """On a full disk one row is written again without a complaint, and only then nothing more."""
    execute("SET LOCAL temp_file_limit = 0")
    asked = database.database()
    assert asked.status is Status.DOWN
    assert "temporary file" in asked.sentence


@pytest.mark.django_db(transaction=True)
def test_somebody_who_writes_for_long_is_no_outage_on_sqlite_and_a_silence_on_postgresql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody but us writes that row, so on PostgreSQL something hangs."""
    monkeypatch.setattr(database, "BUSY_MS", 50)
    monkeypatch.setattr(database, "STATEMENT_MS", 50)
    is_sqlite = connection.vendor == "sqlite"
    with held():
        assert state() == (("busy", Status.DEGRADED) if is_sqlite else ("silent", Status.DOWN))
    assert state() == ("ok", Status.OK)


def test_an_empty_database_is_told_from_a_broken_one() -> None:
    execute("ALTER TABLE backoffice_writetrial RENAME TO elsewhere")
    assert state() == ("unmigrated", Status.DOWN)


def test_a_table_that_refuses_the_write_is_broken() -> None:
    execute("ALTER TABLE backoffice_writetrial RENAME COLUMN written_at TO at")
    assert state() == ("broken", Status.DOWN)


def test_missing_migrations_are_named() -> None:
    MigrationRecorder.Migration.objects.filter(app="backoffice").delete()
    asked = database.migrations()
    assert (asked.state, asked.status) == ("missing", Status.DOWN)
    assert "1 to be applied (backoffice 0001_write_trial): run manage.py migrate" in asked.sentence


def test_that_all_are_applied_is_asked_once_in_a_process() -> None:
    assert database.migrations().state == "ok"
    with CaptureQueriesContext(connection) as queries:
        assert database.migrations().status is Status.OK
    assert len(queries) == 0


def test_that_some_are_missing_is_asked_again() -> None:
    applied = MigrationRecorder.Migration.objects.filter(app="backoffice")
    rows = list(applied)
    applied.delete()
    assert database.migrations().state == "missing"
    MigrationRecorder.Migration.objects.bulk_create(rows)
    assert database.migrations().state == "ok"
