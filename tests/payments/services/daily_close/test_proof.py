"""A close that was changed behind its back is found, and what is learnt later is no flaw."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from payments.core import hashing
from payments.core.kst import start_of
from payments.migrations import _append_only_triggers
from payments.models import Product
from payments.services.daily_close.audit import audit_closes
from payments.services.daily_close.close import close_day
from tests.payments import builders

from .days import APRIL_1, MARCH_30, MARCH_31, NOW

TABLE = "payments_dailyclose"


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    install, remove = _append_only_triggers._STATEMENTS[connection.vendor]
    with connection.cursor() as cursor:
        for statement in remove(table):
            cursor.execute(statement)
        yield
        for statement in install(table):
            cursor.execute(statement)


@pytest.fixture
def tampering(db: None) -> Iterator[None]:
    """An attacker who can drop triggers."""
    with without_triggers(TABLE):
        yield


@pytest.fixture
def tampering_with_movements(db: None) -> Iterator[None]:
    """The same, at the money itself."""
    with without_triggers("payments_movement"):
        yield


CHANGES = {
    "edited figures": (
        "UPDATE {} SET approved = approved + 1, net = net + 1 WHERE day = '2026-03-31'"
    ),
    "an edited net": "UPDATE {} SET net = 0 WHERE day = '2026-03-31'",
    "an edited count": "UPDATE {} SET count = 9 WHERE day = '2026-03-31'",
    "edited methods": "UPDATE {} SET by_method = '[]' WHERE day = '2026-03-31'",
    "edited providers": "UPDATE {} SET by_provider = '[]' WHERE day = '2026-03-31'",
    "edited MIDs": "UPDATE {} SET by_mid = '[]' WHERE day = '2026-03-31'",
    "edited kinds": "UPDATE {} SET by_kind = '[]' WHERE day = '2026-03-31'",
    "edited others": "UPDATE {} SET others = '{{}}' WHERE day = '2026-03-31'",
    "edited test money": "UPDATE {} SET tests = '{{}}' WHERE day = '2026-03-31'",
    "an edited bridge": "UPDATE {} SET refunded_later = 1 WHERE day = '2026-03-31'",
    "edited lines": "UPDATE {} SET lines = 'a movement of 1 won' WHERE day = '2026-03-31'",
    "other discrepancies": "UPDATE {} SET open_discrepancies = 7 WHERE day = '2026-03-31'",
    "another person": "UPDATE {} SET actor_name = 'x' WHERE day = '2026-03-31'",
    "another hash": "UPDATE {} SET hash = 'x' WHERE day = '2026-03-31'",
    "a close removed": "DELETE FROM {} WHERE day = '2026-03-31'",
    "the first removed": "DELETE FROM {} WHERE day = '2026-03-30'",
}


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_behind_its_back_is_found(
    finance: User, customer: User, product: Product, sql: str
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_31))
    for day in (MARCH_30, MARCH_31, APRIL_1):
        close_day(day=day, actor=finance)
    call_command("audit_ledger")
    with connection.cursor() as cursor:
        cursor.execute(sql.format(TABLE))
    assert list(audit_closes())
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_ledger")
    assert exit_.value.code == 1


@pytest.mark.usefixtures("tampering")
def test_lines_that_are_none_are_found_even_with_a_hash_of_their_own(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    text = "no line at all, but hashed"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET lines = %s, content_hash = %s",
            [text, hashing.of_text(text)],
        )
    close.refresh_from_db()
    assert {str(problem) for problem in audit_closes()} == {
        "2026-04-01: the figures are not those of the lines",
        "2026-04-01: movements that were closed are gone",
        "2026-04-01: the close was changed",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM payments_movement WHERE kind = 'refund'",
        "UPDATE payments_movement SET amount = -1 WHERE kind = 'refund'",
        "UPDATE payments_movement SET pay_method = 'phone' WHERE kind = 'approval'",
        "UPDATE payments_movement SET day = '2026-04-02' WHERE kind = 'refund'",
    ],
)
@pytest.mark.usefixtures("tampering_with_movements")
def test_a_closed_days_movement_that_is_gone_or_changed_is_found(
    finance: User, customer: User, product: Product, sql: str
) -> None:
    builders.refunded(customer, product, refund=9_000)
    close_day(day=APRIL_1, actor=finance)
    assert list(audit_closes()) == []
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert [str(problem) for problem in audit_closes()] == [
        "2026-04-01: movements that were closed are gone"
    ]


def test_what_is_learnt_or_refunded_later_is_no_flaw(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    close_day(day=APRIL_1, actor=finance)
    builders.refund_of(payment, 9_000, at=NOW)
    builders.paid(customer, product)
    assert list(audit_closes()) == []
