"""A backup holds the whole book and comes back whole, or not at all."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from benchmarks.harness import process_environment
from payments.migrations import _append_only_triggers
from payments.models import DailyClose, Payment, Product
from payments.services.verification.verify import verify
from payments.states import Source
from tests.conftest import ROOT
from tests.gateway import SandboxGateway
from tests.payments.conftest import start

pytestmark = pytest.mark.django_db(transaction=True)

IS_SQLITE = connection.vendor == "sqlite"
EVENTS = "payments_paymentevent"


@pytest.fixture
def book(sandbox: SandboxGateway, customer: User) -> list[Payment]:
    """Three orders through the real services: one paid, one declined, one open."""
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    payments = [start(customer, product, checkout_key=f"click-{n}") for n in range(3)]
    sandbox.pay(payments[0].merchant_uid, payments[0].amount)
    for payment in payments[:2]:
        verify(payment=payment, source=Source.ADMIN)
    return payments


class Scratch:
    """An empty database beside the suite's own, for a process of its own and to look into."""

    def __init__(self, name: str, url: str) -> None:
        self._name, self._url = name, url

    def look(self) -> BaseDatabaseWrapper:
        other = connections["default"].copy()
        other.settings_dict = {**connection.settings_dict, "NAME": self._name}
        return other

    def tables(self) -> set[str]:
        other = self.look()
        try:
            return set(other.introspection.table_names())
        finally:
            other.close()

    def restore(self, file: Path) -> "subprocess.CompletedProcess[str]":
        environment: dict[str, Any] = os.environ | {
            "DJANGO_SETTINGS_MODULE": "backoffice.settings",
            "DATABASE_URL": self._url,
        }
        return subprocess.run(
            [sys.executable, "manage.py", "restore", str(file)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    """A file, or a second database on the same server."""
    if IS_SQLITE:
        file = tmp_path / "elsewhere" / "scratch.sqlite3"
        file.parent.mkdir()
        yield Scratch(str(file), f"sqlite:///{file}")
        return
    ours = str(connection.settings_dict["NAME"])
    name = f"{ours}_restored"
    url = process_environment("")["DATABASE_URL"].removesuffix(ours) + name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield Scratch(name, url)
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def contents(database: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Every row of every table, in words."""
    with database.cursor() as cursor:
        found = {}
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


@pytest.fixture
def dump(book: list[Payment], tmp_path: Path) -> Path:
    """A backup of the book."""
    file = tmp_path / "backups" / "book.dump"
    file.parent.mkdir()
    call_command("backup", str(file))
    return file


def ended(*words: str) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        call_command(*words)
    return refusal.value


def test_everything_comes_back_and_the_ledger_holds(dump: Path, scratch: Scratch) -> None:
    done = scratch.restore(dump)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 payments and 0 closes: everything holds." in done.stdout
    other = scratch.look()
    try:
        assert contents(other) == contents(connection)
        with other.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(f"UPDATE {EVENTS} SET note = 'x'")
    finally:
        other.close()


def test_a_backup_is_for_its_owner_alone_and_stands_beside_its_sum(dump: Path) -> None:
    names = sorted(path.name for path in dump.parent.iterdir())
    assert names == ["book.dump", "book.dump.sha256"]
    assert {path.stat().st_mode & 0o777 for path in dump.parent.iterdir()} == {0o600}
    check = ["sha256sum", "--check", "--strict", "book.dump.sha256"]
    assert subprocess.run(check, cwd=dump.parent, check=False, capture_output=True).returncode == 0


@pytest.mark.usefixtures("book")
def test_it_says_in_a_line_what_has_to_be_kept_besides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup", str(tmp_path / "book.dump"))
    written, keep = capsys.readouterr().out.splitlines()
    assert "book.dump.sha256" in written
    assert "SECRET_KEY" in keep
    assert "environment file" in keep
    assert not DailyClose.objects.exists()
    assert "hash" not in keep


def test_no_backup_is_overwritten(dump: Path) -> None:
    before = dump.read_bytes()
    refusal = ended("backup", str(dump))
    assert refusal.returncode == 64
    assert "is there already" in str(refusal)
    assert dump.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(db: None, tmp_path: Path) -> None:
    refusal = ended("backup", str(tmp_path / "nowhere" / "book.dump"))
    assert (refusal.returncode, str(refusal)) == (64, f"There is no folder {tmp_path}/nowhere.")


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_left(db: None) -> None:
    refusal = ended("backup", "/proc/book.dump")
    assert refusal.returncode == 2
    assert "could not be written" in str(refusal)


def test_a_tampered_backup_is_refused_by_its_sum(dump: Path, scratch: Scratch) -> None:
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    done = scratch.restore(dump)
    assert done.returncode == 2
    assert "it was changed or cut short. Nothing was restored." in done.stderr
    assert scratch.tables() == set()


@pytest.mark.parametrize("kept", [0.2, 0.9])
def test_a_backup_cut_short_changes_nothing_without_its_sum_too(
    dump: Path, scratch: Scratch, kept: float
) -> None:
    content = dump.read_bytes()
    dump.write_bytes(content[: int(len(content) * kept)])
    dump.with_name("book.dump.sha256").unlink()
    done = scratch.restore(dump)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert scratch.tables() == set()


def test_without_a_sum_it_is_restored_and_that_is_said(dump: Path, scratch: Scratch) -> None:
    dump.with_name("book.dump.sha256").unlink()
    done = scratch.restore(dump)
    assert done.returncode == 0
    assert "no sum was compared" in done.stdout


def test_a_database_with_something_in_it_is_refused_and_stays_as_it_is(dump: Path) -> None:
    before = contents(connection)
    refusal = ended("restore", str(dump))
    assert refusal.returncode == 64
    assert "The database is not empty: it has " in str(refusal)
    assert "and 3 payments. Nothing was changed." in str(refusal)
    assert "DATABASE_URL" in str(refusal)
    assert contents(connection) == before


OTHER_KIND = b"PGDMP" if IS_SQLITE else b"SQLite format 3\0"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is no backup"), (b"hello", "is no backup"), (OTHER_KIND, "and the database is")],
)
def test_what_is_no_backup_of_this_database_is_refused(
    db: None, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "book.dump"
    file.write_bytes(content)
    refusal = ended("restore", str(file))
    assert refusal.returncode == 64
    assert words in str(refusal)


def test_a_backup_that_is_not_there_is_refused(db: None, tmp_path: Path) -> None:
    refusal = ended("restore", str(tmp_path / "none.dump"))
    assert refusal.returncode == 64
    assert "can't be read" in str(refusal)


def test_a_ledger_that_was_changed_before_the_backup_ends_with_1(
    book: list[Payment], tmp_path: Path, scratch: Scratch
) -> None:
    remove, install = (_append_only_triggers._STATEMENTS[connection.vendor][n] for n in (1, 0))
    changes = [*remove(EVENTS), f"UPDATE {EVENTS} SET note = 'x'", *install(EVENTS)]
    with connection.cursor() as cursor:
        for statement in changes:
            cursor.execute(statement)
    call_command("backup", str(tmp_path / "book.dump"))
    done = scratch.restore(tmp_path / "book.dump")
    assert done.returncode == 1
    assert "was changed" in done.stdout
    assert EVENTS in scratch.tables()


@pytest.mark.usefixtures("book")
def test_a_backup_of_an_older_version_says_what_to_run(tmp_path: Path, scratch: Scratch) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="backoffice")
    rows = list(newest)
    newest.delete()
    try:
        call_command("backup", str(tmp_path / "book.dump"))
    finally:
        MigrationRecorder.Migration.objects.bulk_create(rows)
    done = scratch.restore(tmp_path / "book.dump")
    assert done.returncode == 1
    assert "run manage.py migrate. Then manage.py audit_ledger." in done.stdout


Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a pg_dump of another kind in the way of the real one; where it writes what it saw."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(version: str) -> Path:
        script, seen = folder / "pg_dump", folder / "seen"
        script.write_text(
            f'#!/bin/sh\nsaid="pg_dump (PostgreSQL) {version}"\n'
            'if [ "$1" = --version ]; then echo "$said"; exit; fi\n'
            f'echo "$* PGPASSWORD=$PGPASSWORD PGDATABASE=$PGDATABASE" > {seen}\n'
            'echo "pg_dump: error: out of luck" >&2\nexit 1\n'
        )
        script.chmod(0o755)
        return seen

    return put


@pytest.mark.postgresql
def test_a_missing_pg_dump_says_what_to_install(db: None, tmp_path: Path, program: Program) -> None:
    refusal = ended("backup", str(tmp_path / "book.dump"))
    assert refusal.returncode == 2
    assert "pg_dump is not there: install PostgreSQL's client programs of version" in str(refusal)


@pytest.mark.postgresql
def test_a_pg_dump_that_is_too_old_says_what_to_install(
    db: None, tmp_path: Path, program: Program
) -> None:
    program("9.6.24")
    refusal = ended("backup", str(tmp_path / "book.dump"))
    assert refusal.returncode == 2
    assert "pg_dump is of version 9 and the server of " in str(refusal)
    assert "(postgresql-client-" in str(refusal)


@pytest.mark.postgresql
def test_a_password_is_on_no_command_line_and_a_failure_leaves_nothing(
    db: None, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = program("99.1 (Debian 99.1-1)")
    with connection.cursor():
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", "hidden")
    folder = tmp_path / "backups"
    folder.mkdir()
    refusal = ended("backup", str(folder / "book.dump"))
    assert (refusal.returncode, list(folder.iterdir())) == (2, [])
    assert str(refusal).startswith("pg_dump: error: out of luck (pg_dump 99, server ")
    words, password, database = seen.read_text().strip().rsplit(" ", 2)
    assert "hidden" not in words
    assert password == "PGPASSWORD=hidden"
    assert database == f"PGDATABASE={connection.settings_dict['NAME']}"
