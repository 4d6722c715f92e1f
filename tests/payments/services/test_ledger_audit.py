"""Whatever is changed behind the ledger's back is found, by row and field."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from payments.migrations import _append_only_triggers
from payments.models import Payment
from payments.services.ledger_audit import audit

TABLE = "payments_paymentevent"


@pytest.fixture
def tampering(payment: Payment) -> Iterator[None]:
    """An attacker who can drop triggers."""
    with connection.cursor() as cursor:
        for statement in _append_only_triggers._STATEMENTS[connection.vendor][1](TABLE):
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in _append_only_triggers._STATEMENTS[connection.vendor][0](TABLE):
            cursor.execute(statement)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


CHANGES = {
    "an edited row": f"UPDATE {TABLE} SET note = 'x' WHERE sequence = 2",
    "an edited amount": f"UPDATE {TABLE} SET amount = 1 WHERE sequence = 3",
    "a removed row": f"DELETE FROM {TABLE} WHERE sequence = 2",
    "the newest row removed": f"DELETE FROM {TABLE} WHERE sequence = 3",
    "all rows removed": f"DELETE FROM {TABLE}",
    "a moved row": f"UPDATE {TABLE} SET sequence = 9 WHERE sequence = 2",
    "an edited hash": f"UPDATE {TABLE} SET hash = 'x' WHERE sequence = 1",
    "an edited payment": "UPDATE payments_payment SET amount = 1",
    "an edited status": "UPDATE payments_payment SET status = 'failed'",
}


def test_an_untouched_ledger_holds(payment: Payment, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_ledger")
    assert "1 payments" in capsys.readouterr().out


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_behind_its_back_is_found(payment: Payment, sql: str) -> None:
    execute(sql)
    problems = list(audit())
    assert problems
    assert all(problem.merchant_uid == payment.merchant_uid for problem in problems)
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_ledger")
    assert exit_.value.code == 1
