"""Whatever is changed behind the ledger's back is found, by row and field."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from benchmarks.datasets.answers import told
from payments import ledger
from payments.iamport import read_payment
from payments.ledger import Entry, event_hash
from payments.migrations import _append_only_triggers
from payments.models import Movement, Payment, PaymentEvent, Product
from payments.services.ledger_audit import audit, rows
from payments.services.verification.movements import drafts
from payments.states import EventKind, Finding, Source
from tests.payments import builders

EVENTS, MOVEMENTS = "payments_paymentevent", "payments_movement"


@pytest.fixture
def refunded(customer: User, product: Product) -> Payment:
    """99,000 won came in, 3,000 went back an hour later: three events, two movements."""
    return builders.refunded(customer, product, refund=3_000)


@pytest.fixture
def tampering(db: None) -> Iterator[None]:
    """An attacker who can drop triggers."""
    remove, install = reversed(_append_only_triggers._STATEMENTS[connection.vendor])
    for table in (EVENTS, MOVEMENTS):
        execute(*remove(table))
    yield
    for table in (EVENTS, MOVEMENTS):
        execute(*install(table))


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def approved_twice(payment: Payment) -> None:
    """Another attempt of the order was approved as well."""
    assert payment.paid_at is not None
    answer = told(payment, imp_uid="imp_second", paid_at=payment.paid_at)
    entry = Entry(
        kind=EventKind.DISCREPANCY,
        source=Source.WEBHOOK,
        key="second",
        imp_uid="imp_second",
        reason_code=Finding.SECOND_APPROVAL,
        answer=answer,
        movements=drafts(answer=read_payment(answer), standing=(), is_own=False),
    )
    with transaction.atomic():
        ledger.append(payment=payment, entry=entry)


def chained_anew(payment: Payment) -> None:
    """As somebody does who knows how the hashes are made."""
    previous = ""
    for event in PaymentEvent.objects.filter(payment=payment).order_by("sequence"):
        event.previous_hash = previous
        previous = event_hash(event)
        execute(
            f"UPDATE {EVENTS} SET hash = '{previous}', previous_hash = '{event.previous_hash}' "
            f"WHERE id = {event.pk}"
        )
    execute(f"UPDATE payments_payment SET head_hash = '{previous}'")


def found() -> list[str]:
    return [str(problem) for problem in audit()]


def test_an_untouched_ledger_holds(refunded: Payment, capsys: pytest.CaptureFixture[str]) -> None:
    approved_twice(refunded)
    call_command("audit_ledger")
    assert "1 payments" in capsys.readouterr().out


CHANGES = {
    "an edited row": f"UPDATE {EVENTS} SET note = 'x' WHERE sequence = 2",
    "an edited amount": f"UPDATE {EVENTS} SET amount = 1 WHERE sequence = 3",
    "an edited answer": f"UPDATE {EVENTS} SET answer = '{{}}' WHERE sequence = 3",
    "a removed row": f"DELETE FROM {EVENTS} WHERE sequence = 2",
    "the newest row removed": f"DELETE FROM {EVENTS} WHERE sequence = 3",
    "all rows removed": f"DELETE FROM {EVENTS}",
    "a moved row": f"UPDATE {EVENTS} SET sequence = 9 WHERE sequence = 2",
    "an edited hash": f"UPDATE {EVENTS} SET hash = 'x' WHERE sequence = 1",
    "an edited payment": "UPDATE payments_payment SET amount = 100000",
    "an edited status": "UPDATE payments_payment SET status = 'failed'",
}


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_behind_its_back_is_found(refunded: Payment, sql: str) -> None:
    execute(sql)
    problems = list(audit())
    assert problems
    assert all(problem.merchant_uid == refunded.merchant_uid for problem in problems)
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_ledger")
    assert exit_.value.code == 1


REFUND = f"UPDATE {MOVEMENTS} SET {{}} WHERE kind = 'refund'"
UNTOLD = "is told by no answer"
MOVED = {
    "an amount": (REFUND.format("amount = -2999"), "its movements add up to 96001"),
    "an amount of another": (REFUND.format("amount = -1"), UNTOLD),
    "a kind": (REFUND.format("kind = 'correction'"), UNTOLD),
    "a key": (REFUND.format("key = 'refund:x'"), UNTOLD),
    "an attempt": (REFUND.format("imp_uid = 'imp_x'"), UNTOLD),
    "whose it is": (REFUND.format("is_own = NOT is_own"), "its movements add up to 99000"),
    "a time": (REFUND.format("happened_at = '2020-01-01 00:00:00'"), UNTOLD),
    "a day": (REFUND.format("day = '2026-03-31'"), "is on 2026-03-31, but did not happen then"),
    "a time of learning": (
        REFUND.format("observed_at = '2020-01-01 00:00:00'"),
        "was learnt at another time than its event",
    ),
    "an event of its payment": (REFUND.format("event_sequence = 2"), UNTOLD),
    "an event that is not there": (REFUND.format("event_sequence = 9"), "event 9: there is none"),
    "a test": (REFUND.format("is_test = NOT is_test"), UNTOLD),
    "a derived one": (REFUND.format("is_derived = NOT is_derived"), UNTOLD),
    "a method": (REFUND.format("pay_method = 'trans'"), UNTOLD),
    "a PG": (REFUND.format("pg_provider = 'nice_v2'"), UNTOLD),
    "a MID": (REFUND.format("pg_id = 'x'"), UNTOLD),
    "an id of the PG": (REFUND.format("pg_tid = 'x'"), UNTOLD),
    "an id of the gateway": (REFUND.format("external_id = 'x'"), UNTOLD),
    "the day of its approval": (REFUND.format("approved_on = '2026-03-31'"), UNTOLD),
    "a removed one": (f"DELETE FROM {MOVEMENTS} WHERE kind = 'refund'", "no movement refund:"),
    "another attempt's removed": (
        f"DELETE FROM {MOVEMENTS} WHERE imp_uid = 'imp_second'",
        "no movement approval:imp_second of 99000",
    ),
}


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize(("sql", "words"), MOVED.values(), ids=MOVED.keys())
def test_a_movement_that_was_changed_is_found(refunded: Payment, sql: str, words: str) -> None:
    approved_twice(refunded)
    execute(sql)
    assert any(words in problem for problem in found())


def test_a_movement_that_was_added_is_found(refunded: Payment) -> None:
    added = Movement.objects.filter(kind="refund").get()
    added.pk, added.key = None, "refund:added"
    Movement.objects.bulk_create([added])
    assert any("movement refund:added of -3000 is told by no answer" in words for words in found())


@pytest.mark.usefixtures("tampering")
def test_an_amount_that_contradicts_its_answer_is_found_whatever_the_hashes_say(
    refunded: Payment,
) -> None:
    execute(f"UPDATE {EVENTS} SET amount = -2000 WHERE sequence = 3")
    chained_anew(refunded)
    assert found() == [f"{refunded.merchant_uid}: event 3 says -2000, its answer -3000"]


@pytest.mark.usefixtures("tampering")
def test_an_answer_that_was_exchanged_is_found_whatever_the_hashes_say(refunded: Payment) -> None:
    execute(f"UPDATE {EVENTS} SET answer = 'x' WHERE sequence = 3")
    chained_anew(refunded)
    assert any("the answer in event 3 can't be read" in words for words in found())


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize(
    "column",
    [
        "changes = '[1]'",
        "answer = '[]'",
        """answer = '{"cancel_amount": "x"}'""",
        "recorded_at = 'infinity'",
    ],
    ids=["changes", "an answer", "an amount", "a time"],
)
def test_what_makes_no_sense_does_not_hide_what_else_was_changed(
    refunded: Payment, customer: User, product: Product, column: str
) -> None:
    other = builders.paid(customer, product)
    execute(f"UPDATE {EVENTS} SET {column} WHERE payment_id = {refunded.pk}")
    execute(f"UPDATE {EVENTS} SET note = 'x' WHERE payment_id = {other.pk} AND sequence = 1")
    named = [problem.merchant_uid for problem in audit()]
    assert set(named) == {refunded.merchant_uid, other.merchant_uid}


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize("position", ["first", "last"])
def test_rows_of_a_payment_that_is_gone_are_found(
    refunded: Payment, customer: User, product: Product, position: str
) -> None:
    other = builders.paid(customer, product)
    gone = refunded if position == "first" else other
    with transaction.atomic():
        # Foreign keys are looked at when a transaction commits, and this one never does.
        execute(f"DELETE FROM payments_payment WHERE id = {gone.pk}")
        problems = found()
        transaction.set_rollback(True)
    counts = "3 events and 2 movements" if gone is refunded else "2 events and 1 movements"
    assert problems == [f"{counts} belong to payment {gone.pk}, which is not there"]


def test_it_goes_piece_by_piece_with_the_same_number_of_statements_for_each(
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: object,
) -> None:
    monkeypatch.setattr(rows, "PIECE", 4)
    for _number in range(10):
        builders.refunded(customer, product, refund=1)
    # Where a piece ends, what is in it (within a savepoint), and that there is no fourth one.
    with django_assert_max_num_queries(3 * 6):  # type: ignore[operator]
        assert found() == []


@pytest.mark.django_db(transaction=True)
def test_processes_find_what_one_finds(
    customer: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rows, "PIECE", 2)
    product = Product.objects.create(slug="premium", name="Devket", price=99_000)
    payments = [builders.refunded(customer, product, refund=1_000) for _ in range(5)]
    execute("UPDATE payments_payment SET amount = 100000")
    with pytest.raises(SystemExit):
        call_command("audit_ledger", processes=2)
    printed = capsys.readouterr().out
    assert [printed.index(payment.merchant_uid) for payment in payments] == sorted(
        printed.index(payment.merchant_uid) for payment in payments
    )
    assert printed.splitlines()[-1] == "10 problems in 5 payments and 0 closes."
