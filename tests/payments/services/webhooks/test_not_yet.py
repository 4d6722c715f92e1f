"""What the gateway does not know yet: waited for, by every door, before it is called an invention.

The stand-in's look-ups answer 404 while the fault is on, as the real ones may in the first second.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from payments.checkout.status_view import PaymentView
from payments.errors import NotAllowed
from payments.models import Payment, Product, WebhookDelivery
from payments.selectors.open_orders import is_absent, may_still_appear
from payments.selectors.payments.flags import is_flagged
from payments.services import webhooks
from payments.services.ledger_audit import audit
from payments.services.open_orders import mark_failed
from payments.services.open_orders.sweep import sweep
from payments.services.verification.verify import verify
from payments.services.webhooks import attempts, retry_failed
from payments.states import FailReason, Source, Verification
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def ledger_holds(db: None) -> Iterator[None]:
    """Whatever was done, the ledger proves it."""
    yield
    assert list(audit()) == []


@pytest.fixture
def attempt(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    """The customer paid; the gateway's look-ups don't know it yet."""
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    not_there(sandbox)
    return paid


def not_there(sandbox: SandboxGateway, **limits: int) -> None:
    sandbox.fault("status", match={"path": "/payments*"}, status=404, **limits)


def deliver(imp_uid: str, merchant_uid: str) -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": merchant_uid, "status": "paid"})
    return webhooks.accept(
        body=body.encode(), content_type="application/json", remote_address="203.0.113.9"
    )


def again(delivery: WebhookDelivery) -> WebhookDelivery:
    assert delivery.next_attempt_at is not None
    retry_failed(now=delivery.next_attempt_at, seconds=60)
    delivery.refresh_from_db()
    return delivery


def test_a_true_webhook_that_comes_too_early_is_applied_once_the_gateway_knows(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    delivery = deliver(attempt["imp_uid"], payment.merchant_uid)
    assert (delivery.outcome, delivery.payment) == ("not_yet", payment)
    assert again(delivery).outcome == "not_yet"
    sandbox.heal()
    assert again(delivery).outcome == "applied"
    payment.refresh_from_db()
    assert payment.is_paid


def test_a_late_approval_that_comes_too_early_is_waited_for_as_well(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    verify(payment=payment, source=Source.ADMIN)
    fail(payment, operator)
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    not_there(sandbox)
    delivery = deliver(paid["imp_uid"], payment.merchant_uid)
    assert delivery.outcome == "not_yet"
    sandbox.heal()
    assert again(delivery).outcome == "applied"


def test_about_an_open_order_it_is_forged_only_in_the_end(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    delivery = deliver("imp_999999999999", payment.merchant_uid)
    first: datetime = delivery.received_at
    last = first
    while delivery.next_attempt_at is not None:
        assert (delivery.outcome, delivery.is_given_up) == ("not_yet", False)
        last = delivery.next_attempt_at
        with time_machine.travel(last, tick=False):
            again(delivery)
    assert (delivery.outcome, delivery.attempts) == ("forged", attempts.ATTEMPTS)
    assert last - first > DAY - timedelta(hours=1)


def test_about_a_settled_order_it_is_forged_within_the_hour(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    deliver(paid["imp_uid"], payment.merchant_uid)
    delivery = deliver("imp_999999999999", payment.merchant_uid)
    while delivery.next_attempt_at is not None:
        with time_machine.travel(delivery.next_attempt_at, tick=False):
            again(delivery)
    assert delivery.outcome == "forged"
    assert delivery.processed_at is not None
    assert delivery.processed_at - delivery.received_at < timedelta(hours=1)


def test_of_one_order_only_a_few_inventions_are_tried_again(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    outcomes = [
        deliver(f"imp_9999999999{number:02}", payment.merchant_uid).outcome
        for number in range(attempts.WAITING_AT_ONCE + 2)
    ]
    assert outcomes.count("not_yet") == attempts.WAITING_AT_ONCE
    assert outcomes[-2:] == ["forged", "forged"]


class TestMarkingFailed:
    def test_an_order_that_was_just_made_is_not_failed(
        self, customer: User, product: Product, operator: User, sandbox: SandboxGateway
    ) -> None:
        payment = start(customer, product, requested_at=timezone.now())
        sandbox.pay(payment.merchant_uid, payment.amount)
        not_there(sandbox)
        with pytest.raises(NotAllowed) as refused:
            fail(payment, operator)
        assert refused.value.message == mark_failed.NOT_YET
        payment.refresh_from_db()
        assert payment.status == "ready"
        sandbox.heal()
        verify(payment=payment, source=Source.ADMIN)
        payment.refresh_from_db()
        assert payment.is_paid

    @pytest.mark.parametrize(
        ("source", "fields"),
        [
            (Source.BROWSER, {"imp_uid": "imp_123456789012"}),
            (Source.REDIRECT, {}),
            (Source.GIVE_UP, {"note": "imp_123456789012 F500"}),
        ],
    )
    def test_nor_is_one_whose_customer_has_just_come_back(
        self,
        payment: Payment,
        operator: User,
        sandbox: SandboxGateway,
        source: Source,
        fields: dict[str, Any],
    ) -> None:
        not_there(sandbox)
        verify(payment=payment, source=source, **fields)
        payment.refresh_from_db()
        with pytest.raises(NotAllowed):
            fail(payment, operator)
        payment.refresh_from_db()
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            fail(payment, operator)
        payment.refresh_from_db()
        assert payment.status == "failed"

    def test_nor_is_one_that_a_webhook_has_just_named(
        self, payment: Payment, operator: User, attempt: dict[str, Any]
    ) -> None:
        deliver(attempt["imp_uid"], payment.merchant_uid)
        with pytest.raises(NotAllowed):
            fail(payment, operator)
        payment.refresh_from_db()
        assert payment.status == "ready"

    def test_a_customer_who_asks_again_and_again_is_no_sign_of_a_payment(
        self, payment: Payment, operator: User, sandbox: SandboxGateway
    ) -> None:
        verify(payment=payment, source=Source.BROWSER)
        payment.refresh_from_db()
        fail(payment, operator)
        payment.refresh_from_db()
        assert payment.status == "failed"


def fail(payment: Payment, operator: User) -> None:
    payment.refresh_from_db()
    mark_failed.mark_failed(
        payment=payment,
        actor=operator,
        reason=FailReason.ABANDONED,
        note="고객이 전화로 취소",
        expected_version=payment.version,
    )


def test_an_old_order_is_not_closed_while_its_payment_may_still_appear(
    customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    payment = start(customer, product, requested_at=timezone.now() - 2 * DAY)
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    not_there(sandbox)
    deliver(paid["imp_uid"], payment.merchant_uid)
    assert sweep(now=timezone.now(), seconds=60).waiting == 1
    payment.refresh_from_db()
    assert payment.status == "ready"
    assert "failed" not in kinds(payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert sweep(now=timezone.now(), seconds=60).abandoned == 1


def test_what_was_told_after_the_last_answer_is_unknown_to_it(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready")
    verify(payment=payment, source=Source.BROWSER)
    payment.refresh_from_db()
    assert not may_still_appear(payment)
    not_there(sandbox)
    verify(payment=payment, source=Source.BROWSER, imp_uid="imp_123456789012")
    payment.refresh_from_db()
    assert may_still_appear(payment)


class TestNotThereForOnce:
    """An order of an hour ago, about which the gateway says so a single time."""

    @pytest.fixture
    def order(self, customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
        return start(customer, product, requested_at=timezone.now() - timedelta(hours=1))

    @pytest.fixture
    def differing(self, order: Payment, sandbox: SandboxGateway) -> Payment:
        """It was approved over another amount, and we know."""
        sandbox.pay(order.merchant_uid, 1_000, ignore_prepare=True)
        verify(payment=order, source=Source.ADMIN)
        order.refresh_from_db()
        assert order.verification == Verification.MISMATCHED
        return order

    def test_an_approved_order_is_not_marked_failed(
        self, order: Payment, operator: User, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(order.merchant_uid, order.amount)
        not_there(sandbox, times=1)
        with pytest.raises(NotAllowed):
            fail(order, operator)
        order.refresh_from_db()
        assert order.status == "paid"

    def test_its_customer_is_not_asked_to_pay_again(
        self, order: Payment, sandbox: SandboxGateway
    ) -> None:
        not_there(sandbox)
        verify(payment=order, source=Source.BROWSER)
        order.refresh_from_db()
        assert not PaymentView(order, is_flagged(order)).may_order_again
        verify(payment=order, source=Source.BROWSER)
        order.refresh_from_db()
        assert PaymentView(order, is_flagged(order)).may_order_again

    def test_it_covers_no_difference(self, differing: Payment, sandbox: SandboxGateway) -> None:
        not_there(sandbox)
        verify(payment=differing, source=Source.BROWSER)
        assert is_flagged(differing)
        verify(payment=differing, source=Source.BROWSER)
        assert is_flagged(differing)

    def test_an_order_that_differs_is_not_marked_failed_by_it(
        self, differing: Payment, operator: User, sandbox: SandboxGateway
    ) -> None:
        not_there(sandbox)
        with pytest.raises(NotAllowed):
            fail(differing, operator)
        differing.refresh_from_db()
        assert differing.status == "ready"

    def test_about_an_id_that_is_not_its_own_it_is_no_answer_about_the_order(
        self, order: Payment, sandbox: SandboxGateway
    ) -> None:
        not_there(sandbox)
        for _time in range(2):
            verify(payment=order, source=Source.BROWSER, imp_uid="imp_123456789012")
        assert not is_absent(order)
