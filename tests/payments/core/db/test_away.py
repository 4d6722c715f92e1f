"""Which errors say that the database is away: trying again later may help."""

import psycopg
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.utils import ProgrammingError

from payments.core.db.away import Absence, absence_of, is_away, reason


@pytest.mark.parametrize(
    "error",
    [
        OperationalError('connection failed: connection to server at "127.0.0.1" failed'),
        OperationalError("terminating connection due to administrator command"),
        OperationalError("unable to open database file"),
        OperationalError("database is locked"),
        InterfaceError("connection already closed"),
    ],
)
def test_gone_or_out_of_room_is_away(error: Exception) -> None:
    assert is_away(error)


def test_a_server_that_only_follows_another_one_is_away() -> None:
    error = DatabaseError("cannot execute INSERT in a read-only transaction")
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    assert is_away(error)


@pytest.mark.parametrize(
    ("words", "absence"),
    [
        # What PostgreSQL says to whoever connects while its disk is full: seen, without a state.
        ('connection to server at "::1" failed: FATAL:  could not write init file', Absence.FULL),
        ('FATAL:  could not extend file "base/1/2": No space left on device', Absence.FULL),
        ("connection failed: Connection refused", Absence.GONE),
    ],
)
def test_whoever_connects_is_told_in_which_way_it_is_away(words: str, absence: Absence) -> None:
    error = OperationalError(words)
    error.__cause__ = psycopg.OperationalError(words)
    assert absence_of(error) is absence
    assert is_away(error)


@pytest.mark.parametrize("error", [IntegrityError("x"), ProgrammingError("x"), ValueError("x")])
def test_what_no_waiting_mends_is_not(error: Exception) -> None:
    assert not is_away(error)


@pytest.mark.parametrize(
    "sql", ["SELECT 1 FROM nowhere", "SELECT nothing FROM payments_payment", "SELEKT 1"]
)
def test_a_mistake_in_what_was_asked_is_not(db: None, sql: str) -> None:
    with pytest.raises(DatabaseError) as mistake, transaction.atomic(), connection.cursor() as rows:
        rows.execute(sql)
    assert not is_away(mistake.value)


def test_the_reason_is_one_line() -> None:
    assert reason(OperationalError("gone\n\tIs the server running?\n")) == "gone"
    assert reason(InterfaceError()) == "InterfaceError"
