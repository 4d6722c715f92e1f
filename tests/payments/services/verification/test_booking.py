"""What the gateway told is in the book of movements, through the one door, and the audit agrees."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from payments.core.kst import day_of
from payments.migrations import (
    _append_only_triggers,
    _movements_of_events,
    _names_of_customers,
)
from payments.models import Movement, Payment, Product
from payments.selectors.payments.flags import is_flagged
from payments.services.ledger_audit import audit
from payments.states import OF_CUSTOMERS, EventKind, Finding
from tests.gateway import SandboxGateway
from tests.payments import builders

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
# Three weeks ago: there is time for refunds on other days.
NOON = NOW - 21 * DAY
Book = Callable[[], list[tuple[str, int, str]]]


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    at = datetime.fromtimestamp(NOON - 60, UTC)
    return builders.ordered(customer, product, at=at)


@pytest.fixture
def book(payment: Payment) -> Book:
    """The payment's movements: kind, won, Korean day."""

    def rows() -> list[tuple[str, int, str]]:
        facts = payment.movements.order_by("pk").values_list("kind", "amount", "day")
        return [(kind, amount, day.isoformat()) for kind, amount, day in facts]

    return rows


@pytest.fixture
def paid(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    return approved(sandbox, payment, NOON)


def approved(sandbox: SandboxGateway, payment: Payment, at: int) -> dict[str, Any]:
    """An attempt that was approved then."""
    times = {"paid_at": at, "started_at": at - 20}
    return sandbox.pay(payment.merchant_uid, 99_000, ignore_prepare=True, **times)


def day(second: int) -> str:
    return day_of(datetime.fromtimestamp(second, UTC)).isoformat()


def test_two_refunds_seen_at_one_look_stand_on_their_own_days(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + 2 * DAY)
    sandbox.cancel(paid["imp_uid"], 20_000, cancelled_at=NOON + 6 * DAY)
    look(payment, paid["imp_uid"])
    assert book() == [
        ("approval", 99_000, day(NOON)),
        ("refund", -30_000, day(NOON + 2 * DAY)),
        ("refund", -20_000, day(NOON + 6 * DAY)),
    ]
    assert payment.net_amount == sum(amount for _kind, amount, _day in book())
    assert list(audit()) == []


def test_each_refund_is_booked_when_it_is_learnt_and_never_twice(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    look(payment, paid["imp_uid"])
    for number in (1, 2):
        sandbox.cancel(paid["imp_uid"], 10_000, cancelled_at=NOON + number * DAY)
        look(payment, paid["imp_uid"])
        look(payment, paid["imp_uid"])
        assert len(book()) == 1 + number
    sequences = list(payment.movements.order_by("pk").values_list("event_sequence", flat=True))
    kinds = dict(payment.events.values_list("sequence", "kind"))
    assert [kinds[sequence] for sequence in sequences] == ["paid", "cancelled", "cancelled"]
    assert list(audit()) == []


def test_a_history_that_comes_late_takes_the_place_of_what_was_derived(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + DAY)
    sandbox.cancel(paid["imp_uid"], 20_000, cancelled_at=NOON + 2 * DAY)
    sandbox.change(paid["imp_uid"], cancel_history=[])
    look(payment, paid["imp_uid"])
    assert book()[1:] == [("refund", -50_000, day(NOON + 2 * DAY))]
    assert payment.movements.get(kind="refund").is_derived

    sandbox.change(
        paid["imp_uid"],
        cancel_history=[
            {"amount": 30_000, "cancelled_at": NOON + DAY, "cancellation_id": "c1"},
            {"amount": 20_000, "cancelled_at": NOON + 2 * DAY, "cancellation_id": "c2"},
        ],
    )
    assert look(payment, paid["imp_uid"]).kind is EventKind.CONFIRMED
    assert book()[2:] == [
        ("correction", 50_000, day(NOON + 2 * DAY)),
        ("refund", -30_000, day(NOON + DAY)),
        ("refund", -20_000, day(NOON + 2 * DAY)),
    ]
    assert list(audit()) == []


def test_a_refund_that_was_taken_back_is_a_finding_and_moves_nothing(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + DAY)
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + 2 * DAY)
    look(payment, paid["imp_uid"])
    before = book()
    # As if another one had come for it: the sum is the same.
    sandbox.change(
        paid["imp_uid"],
        cancel_history=[{"amount": 60_000, "cancelled_at": NOON + DAY, "cancellation_id": "other"}],
    )
    assert look(payment, paid["imp_uid"]).findings == (Finding.REFUND_GONE,)
    assert book() == before
    assert list(audit()) == []


@pytest.mark.parametrize("won", [99_000, 30_000])
def test_a_refund_is_booked_though_the_time_of_payment_is_told_no_more(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book, won: int
) -> None:
    """Contract 9#22: after a refund `paid_at` may be 0, which never means "not paid"."""
    look(payment, paid["imp_uid"])
    sandbox.cancel(paid["imp_uid"], won, cancelled_at=NOON + DAY)
    sandbox.change(paid["imp_uid"], paid_at=0)
    look(payment, paid["imp_uid"])
    assert book() == [("approval", 99_000, day(NOON)), ("refund", -won, day(NOON + DAY))]
    assert (payment.status, payment.cancelled_amount) == ("cancelled", won)
    assert str(payment.movements.get(kind="refund").approved_on) == day(NOON)
    assert not is_flagged(payment)
    assert list(audit()) == []


def test_the_refund_of_a_second_approval_is_booked_without_that_time_as_well(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    look(payment, paid["imp_uid"])
    second = approved(sandbox, payment, NOON + 60)
    look(payment, second["imp_uid"])
    sandbox.cancel(second["imp_uid"], 99_000, cancelled_at=NOON + DAY)
    sandbox.change(second["imp_uid"], paid_at=0)
    look(payment, second["imp_uid"])
    assert book()[1:] == [("approval", 99_000, day(NOON)), ("refund", -99_000, day(NOON + DAY))]
    assert list(audit()) == []
    assert not is_flagged(payment)


def test_a_second_approval_is_booked_as_not_the_orders_own(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any]
) -> None:
    look(payment, paid["imp_uid"])
    second = approved(sandbox, payment, NOON + 60)
    assert look(payment, second["imp_uid"]).findings == (Finding.SECOND_APPROVAL,)
    assert is_flagged(payment)
    sandbox.cancel(second["imp_uid"], 99_000, cancelled_at=NOON + DAY)
    assert look(payment, second["imp_uid"]).findings == ()
    rows = payment.movements.order_by("pk").values_list("imp_uid", "is_own", "amount")
    assert list(rows) == [
        (paid["imp_uid"], True, 99_000),
        (second["imp_uid"], False, 99_000),
        (second["imp_uid"], False, -99_000),
    ]
    assert list(audit()) == []
    assert not is_flagged(payment)


@pytest.mark.parametrize(
    ("amount", "kind"), [(0, EventKind.DISCREPANCY), (-1_000, EventKind.UNKNOWN)]
)
def test_an_entry_that_gives_nothing_back_moves_nothing(
    payment: Payment,
    sandbox: SandboxGateway,
    paid: dict[str, Any],
    book: Book,
    amount: int,
    kind: EventKind,
) -> None:
    look(payment, paid["imp_uid"])
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + DAY)
    entry = {"cancelled_at": NOON + DAY, "cancellation_id": "c"}
    history = [entry | {"amount": 30_000 - amount}, entry | {"amount": amount}]
    sandbox.change(paid["imp_uid"], cancel_history=history)
    assert look(payment, paid["imp_uid"]).kind is kind
    assert len(book()) == 1


# --- The audit, and payments of before -------------------------------------------------------


def without_triggers(sql: str) -> None:
    remove, install = reversed(_append_only_triggers._STATEMENTS[connection.vendor])
    with connection.cursor() as cursor:
        for statement in remove("payments_movement"):
            cursor.execute(statement)
        cursor.execute(sql)
        for statement in install("payments_movement"):
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM payments_movement WHERE kind = 'refund'", "no movement refund:"),
        ("UPDATE payments_movement SET amount = 1", "told by no answer"),
        (
            "UPDATE payments_movement SET happened_at = '2020-01-01' WHERE kind = 'refund'",
            "told by no answer",
        ),
    ],
)
def test_a_movement_that_was_changed_behind_its_back_is_found(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], sql: str, words: str
) -> None:
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + DAY)
    look(payment, paid["imp_uid"])
    without_triggers(sql)
    assert any(words in problem.what for problem in audit())


def test_nothing_but_an_insert_reaches_a_movement(payment: Payment, paid: dict[str, Any]) -> None:
    look(payment, paid["imp_uid"])
    movement = Movement.objects.get()
    for change in (movement.save, movement.delete, Movement.objects.all().delete):
        with pytest.raises(TypeError, match="never changed or removed"):
            change()


def test_payments_of_before_get_theirs_from_the_answers_that_were_kept(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], book: Book
) -> None:
    look(payment, paid["imp_uid"])
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + DAY)
    sandbox.change(paid["imp_uid"], cancel_history=[])
    look(payment, paid["imp_uid"])
    sandbox.change(
        paid["imp_uid"],
        cancel_history=[
            {"amount": 10_000, "cancelled_at": NOON + 60, "cancellation_id": "c1"},
            {"amount": 20_000, "cancelled_at": NOON + DAY, "cancellation_id": "c2"},
        ],
    )
    look(payment, paid["imp_uid"])
    booked = book()
    assert len(booked) == 5
    without_triggers("DELETE FROM payments_movement")
    assert list(audit()) != []
    _movements_of_events.book(apps, None)
    assert book() == booked
    without_triggers(import_module("payments.migrations.0017_roll_ups").APPROVED_ON)
    assert list(audit()) == []


def test_names_of_before_leave_the_rows_and_the_chain_holds(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any]
) -> None:
    look(payment, paid["imp_uid"])
    remove, _install = reversed(_append_only_triggers._STATEMENTS[connection.vendor])
    with connection.cursor() as cursor:
        for statement in remove("payments_paymentevent"):
            cursor.execute(statement)
        cursor.execute("UPDATE payments_paymentevent SET actor_name = 'minji@example.com'")
    state = MigrationLoader(connection).project_state(("payments", "0014_customers_without_names"))
    _names_of_customers._names(state.apps)
    payment.refresh_from_db()
    named = payment.events.exclude(actor_name="").values_list("source", flat=True)
    assert OF_CUSTOMERS.isdisjoint(named)
    assert payment.events.filter(source__in=OF_CUSTOMERS).exists()
    assert list(audit()) == []
