"""A second attempt that gives all of its money back: a refund of its own, never of the order."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from payments.models import Discrepancy, Payment, Product
from payments.services.ledger_audit import audit
from tests.gateway import SandboxGateway
from tests.payments import builders

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
NOON = NOW - 21 * DAY


@pytest.fixture
def payment(customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
    """Paid by its first attempt."""
    order = builders.ordered(customer, product, at=datetime.fromtimestamp(NOON - 60, UTC))
    look(order, attempt(sandbox, order, NOON)["imp_uid"])
    return order


def attempt(sandbox: SandboxGateway, payment: Payment, at: int) -> dict[str, Any]:
    times = {"paid_at": at, "started_at": at - 20}
    return sandbox.pay(payment.merchant_uid, 99_000, ignore_prepare=True, **times)


@pytest.mark.parametrize("is_seen_before", [True, False])
def test_its_refund_is_booked_as_not_the_orders_own_and_nothing_is_left_open(
    payment: Payment, sandbox: SandboxGateway, *, is_seen_before: bool
) -> None:
    second = attempt(sandbox, payment, NOON + 60)["imp_uid"]
    if is_seen_before:
        look(payment, second)
        assert Discrepancy.objects.get(is_open=True).imp_uid == second
    sandbox.cancel(second, 99_000, cancelled_at=NOON + DAY)
    assert look(payment, second).findings == ()
    rows = payment.movements.order_by("pk").values_list("imp_uid", "is_own", "amount")
    assert list(rows) == [
        (payment.imp_uid, True, 99_000),
        (second, False, 99_000),
        (second, False, -99_000),
    ]
    assert payment.net_amount == 99_000
    assert not Discrepancy.objects.filter(is_open=True).exists()
    assert list(audit()) == []


def test_one_that_can_not_be_true_books_nothing(payment: Payment, sandbox: SandboxGateway) -> None:
    second = attempt(sandbox, payment, NOON + 60)["imp_uid"]
    sandbox.cancel(second, 99_000, cancelled_at=NOON + DAY)
    sandbox.change(second, cancelled_at=NOW + 99 * DAY)
    look(payment, second)
    assert payment.movements.get().imp_uid == payment.imp_uid
    assert list(audit()) == []
