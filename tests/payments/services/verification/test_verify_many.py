"""Several payments through the one door at once: each as if it were alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.models import Payment, Product
from payments.services.ledger_audit import audit
from payments.services.verification import settle as settling
from payments.services.verification import verify_many as service
from payments.services.verification.conclude import Conclusion, conclude
from payments.services.verification.question import Question, Reply
from payments.services.verification.settle import Result
from payments.services.verification.verify import call, verify
from payments.services.verification.verify_many import verify_many
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

SOURCE = Source.SWEEP


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def orders(sandbox: SandboxGateway, customer: User, product: Product) -> list[Payment]:
    """Four, of which the first two are paid for at the gateway."""
    at = timezone.now() - timedelta(hours=1)
    made = [
        start(customer, product, checkout_key=f"click-{number}", requested_at=at)
        for number in range(4)
    ]
    for payment in made[:2]:
        sandbox.pay(payment.merchant_uid, payment.amount)
    return made


def verified(orders: list[Payment], pool: Executor) -> list[Result | None]:
    """What became of them, in their order; the payments are read again."""
    results = verify_many(payments=orders, source=SOURCE, pool=pool)
    for payment in orders:
        payment.refresh_from_db()
    assert list(audit()) == []
    return [results[payment.pk] for payment in orders]


def test_each_gets_its_own_question_and_answer(orders: list[Payment], pool: Executor) -> None:
    results = verified(orders, pool)
    expected = [EventKind.PAID, EventKind.PAID, EventKind.NOT_FOUND, EventKind.NOT_FOUND]
    assert [result.kind for result in results if result] == expected
    assert [payment.status for payment in orders] == ["paid", "paid", "ready", "ready"]
    assert [kinds(payment)[-2:] for payment in orders] == [["asked", kind] for kind in expected]


def test_the_calls_are_under_way_side_by_side(
    orders: list[Payment], pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(len(orders))

    def waiting_for_the_others(question: Question) -> Reply:
        together.wait(timeout=30)
        return call(question)

    monkeypatch.setattr(service, "call", waiting_for_the_others)
    assert all(verified(orders, pool))


def test_further_payments_cost_few_statements(
    orders: list[Payment], pool: Executor, sandbox: SandboxGateway
) -> None:
    made = []
    for some in (orders[2:3], orders[2:]):
        with CaptureQueriesContext(connection) as captured:
            verify_many(payments=some, source=SOURCE, pool=pool)
        made.append(len(captured))
    assert made[1] <= made[0] + 1


def test_a_mistake_of_ours_about_one_stops_that_one(
    orders: list[Payment], pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = orders[0]

    def broken(*, payment: Payment, **others: Any) -> Conclusion:
        if payment.pk == poison.pk:
            raise ZeroDivisionError
        return conclude(payment=payment, **others)

    monkeypatch.setattr(settling, "conclude", broken)
    results = verified(orders, pool)
    assert [result is None for result in results] == [True, False, False, False]
    assert [payment.status for payment in orders] == ["ready", "paid", "ready", "ready"]


def test_a_database_that_is_away_is_no_mistake_of_ours(
    orders: list[Payment], pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**arguments: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(service, "settle_many", away)
    with pytest.raises(OperationalError):
        verify_many(payments=orders, source=SOURCE, pool=pool)


def test_who_was_overtaken_is_asked_about_once_more(
    orders: list[Payment], pool: Executor, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = orders[3]

    def paid_meanwhile(question: Question) -> Reply:
        reply = call(question)
        if question.payment_id == late.pk:
            # Asked and answered by somebody else before this answer is applied.
            sandbox.pay(late.merchant_uid, late.amount)
            overtaking.set()
        return reply

    overtaking = threading.Event()
    apply = service._apply_together

    def after_somebody_else(answered: Any) -> list[Result]:
        assert overtaking.is_set()
        verify(payment=late, source=Source.BROWSER)
        return apply(answered)

    monkeypatch.setattr(service, "call", paid_meanwhile)
    monkeypatch.setattr(service, "_apply_together", after_somebody_else)
    results = verified(orders, pool)
    assert late.is_paid
    assert results[3] is not None
    assert not results[3].is_overtaken
    assert kinds(late).count("paid") == 1


def test_where_nothing_was_written_since_nobody_asks_what_has_moved(
    orders: list[Payment], pool: Executor
) -> None:
    with CaptureQueriesContext(connection) as captured:
        verify_many(payments=orders[2:], source=SOURCE, pool=pool)
    assert not [query["sql"] for query in captured if '"recorded_at" >= ' in query["sql"]]
