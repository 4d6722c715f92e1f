"""`manage.py reconcile`: the exit code says whether the books agree, differ, or nobody knows."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import gettext

from accounts.models import User
from payments.management.command import MEANINGLESS
from payments.management.commands import reconcile
from payments.models import Payment, Product, ReconciliationRun
from payments.services import reconciliation
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import mirror


@pytest.fixture
def book(sandbox: SandboxGateway, customer: User, product: Product) -> list[Payment]:
    """Three payments of the first days of April, which agree."""
    payments = [
        builders.paid(customer, product, at=builders.NOON + timedelta(days=n)) for n in range(3)
    ]
    mirror(sandbox, payments)
    return payments


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses pass at once."""

    def sleep(_seconds: float) -> None:
        ReconciliationRun.objects.update(not_before=None)

    monkeypatch.setattr("payments.management.commands.reconcile.time.sleep", sleep)


def run(*options: str, first: str = "2026-04-01", last: str = "2026-04-03") -> tuple[int, str, str]:
    """The exit code, and what was written to stdout and stderr."""
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("reconcile", "--from", first, "--to", last, *options, stdout=out, stderr=err)
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue(), err.getvalue()


def test_books_that_agree_end_with_0(book: list[Payment]) -> None:
    code, out, err = run()
    assert code == 0
    assert "done, 0 open" in out
    assert "100%  6 read" in err
    assert ReconciliationRun.objects.get().requested_name == "manage.py reconcile"


def test_a_difference_ends_with_1_and_is_named(
    book: list[Payment], sandbox: SandboxGateway
) -> None:
    sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": 1})
    code, out, _err = run()
    assert code == 1
    assert f"99,000 {book[1].merchant_uid} {book[1].imp_uid}" in out
    assert "1 open" in out


def test_json_for_machines(book: list[Payment], sandbox: SandboxGateway) -> None:
    sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": 1})
    code, out, _err = run("--json")
    summary = json.loads(out)
    assert code == 1
    assert summary["status"] == "done"
    assert summary["counts"]["agree"] == 2
    assert summary["differences"]["amount"] == 1
    assert [row["imp_uid"] for row in summary["open"]] == [book[1].imp_uid]


def test_both_sides_in_won(book: list[Payment], sandbox: SandboxGateway) -> None:
    sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": 1})
    price = book[1].amount
    assert json.loads(run("--json")[1])["won"]["approvals"] == {
        "here": {"number": 3, "won": 3 * price},
        "there": {"number": 3, "won": 2 * price + 1},
        "difference": {"number": 1, "won": price - 1},
        "accepted": {"number": 0, "won": 0},
    }
    assert f"won: net        here {3 * price:,}, there {2 * price + 1:,}, " in run()[1]


def test_silence_ends_with_2(book: list[Payment], sandbox: SandboxGateway) -> None:
    sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": 1})
    sandbox.fault("status", status=500, match={"path": "/payment[s]"})
    code, out, err = run()
    assert code == 2
    assert f"unknown                      {book[1].imp_uid}" in out
    assert "waiting: " in err


def test_a_run_that_somebody_stops_ends_with_2(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*, run_id: int, **_rest: Any) -> None:
        reconciliation.stop(run=ReconciliationRun.objects.get(pk=run_id))

    monkeypatch.setattr("payments.management.commands.reconcile.reconciliation.work", stopped)
    assert run()[0] == 2


def test_ctrl_c_stops_the_run(book: list[Payment], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("payments.management.commands.reconcile.reconciliation.work", interrupted)
    with pytest.raises(CommandError) as end:
        run()
    assert end.value.returncode == reconcile.INTERRUPTED
    assert ReconciliationRun.objects.get().status == "stopped"


def test_days_that_make_no_sense_are_refused(db: None) -> None:
    with pytest.raises(
        CommandError, match=gettext("The first day is after the last one.")
    ) as refused:
        run(first="2026-04-02", last="2026-04-01")
    assert refused.value.returncode == MEANINGLESS


def test_what_is_no_day_is_refused_by_its_own_words(db: None) -> None:
    with pytest.raises(CommandError, match="“2026-02-30” is no day") as refused:
        run(last="2026-02-30")
    assert refused.value.returncode == MEANINGLESS
    assert not ReconciliationRun.objects.exists()
