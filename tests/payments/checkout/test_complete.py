"""The window's callback: it names an attempt, the gateway says what became of it."""

import json
import logging
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from payments.checkout.api import QUESTIONS_PER_MINUTE
from payments.models import Payment, Product
from payments.services.ledger_audit import problems_of
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import Browser, error, state
from tests.payments.conftest import kinds, start
from tests.responses import ClientResponse

TAMPERED = {"ignore_prepare": True}


def completed(browser: Browser, payment: Payment, imp_uid: str) -> dict[str, Any]:
    response = browser.complete(payment.merchant_uid, imp_uid)
    assert response.status_code == 200, response.content
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    answer: dict[str, Any] = json.loads(response.content)
    assert answer["next"] == f"/payments/{payment.merchant_uid}/"
    assert answer["message"]
    return answer


def refused(browser: Browser, payment: Payment, imp_uid: str) -> tuple[int, str, str | None]:
    response = browser.complete(payment.merchant_uid, imp_uid)
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    assert json.loads(response.content)["next"] == f"/payments/{payment.merchant_uid}/"
    return error(response)


def test_an_approved_payment_is_paid(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "paid"
    assert (payment.status, payment.imp_uid) == ("paid", paid["imp_uid"])
    assert state(buyer.page(payment)) == "paid"


def test_who_asked_is_on_record(buyer: Browser, payment: Payment, sandbox: SandboxGateway) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    completed(buyer, payment, paid["imp_uid"])
    event = payment.events.get(kind="paid")
    assert (event.source, event.actor) == ("browser", payment.user)


@pytest.mark.parametrize("outcome", ["ready", "failed", "vbank"])
def test_only_paid_counts_as_paid(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway, outcome: str
) -> None:
    expected = {"ready": "confirming", "failed": "failed", "vbank": "waiting"}[outcome]
    attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome=outcome, pay_method="vbank")
    assert completed(buyer, payment, attempt["imp_uid"])["status"] == expected
    assert (payment.is_paid, payment.paid_at) == (False, None)


def test_a_declined_payment_tells_the_gateways_reason(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    failed = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", reason="한도 초과")
    assert completed(buyer, payment, failed["imp_uid"])["message"] == "한도 초과"


def test_a_status_that_nobody_knows_is_not_paid(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000, fields={"status": "approved"})
    assert refused(buyer, payment, paid["imp_uid"]) == (409, "mismatch", None)
    assert payment.status == "ready"


def test_again_is_the_same_answer_and_no_second_row(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    first = completed(buyer, payment, paid["imp_uid"])
    rows = kinds(payment)
    assert completed(buyer, payment, paid["imp_uid"]) == first
    assert kinds(payment) == rows
    assert rows.count("paid") == 1


def test_again_is_paid_even_while_the_gateway_is_down(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    completed(buyer, payment, paid["imp_uid"])
    sandbox.fault("status", status=500)
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "paid"


@pytest.mark.parametrize("amount", [98_999, 99_001, 100])
def test_another_amount_is_not_paid_and_the_shop_is_told(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway, amount: int
) -> None:
    paid = sandbox.pay(payment.merchant_uid, amount, **TAMPERED)
    assert refused(buyer, payment, paid["imp_uid"]) == (409, "mismatch", None)
    assert (payment.status, payment.verification) == ("ready", "mismatched")
    assert payment.events.get(kind="discrepancy").reason_code == "amount"
    assert state(buyer.page(payment)) == "mismatch"


def test_an_imp_uid_of_another_order_over_the_same_amount_is_not_paid(
    buyer: Browser, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(others_payment.merchant_uid, 99_000)
    assert refused(buyer, payment, paid["imp_uid"]) == (409, "mismatch", None)
    others_payment.refresh_from_db()
    assert (payment.status, others_payment.status) == ("ready", "ready")


def test_an_imp_uid_that_was_used_before_is_not_paid_again(
    buyer: Browser, payment: Payment, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    completed(buyer, payment, paid["imp_uid"])
    second = start(customer, product, checkout_key="another-click")
    assert refused(buyer, second, paid["imp_uid"]) == (409, "mismatch", None)
    assert (second.status, second.imp_uid) == ("ready", None)


def test_a_test_payment_is_not_paid_in_production(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.control("POST", "settings", {"hide_test_payments": False})
    paid = sandbox.pay(payment.merchant_uid, 99_000, sandbox=True)
    assert refused(buyer, payment, paid["imp_uid"]) == (409, "mismatch", None)
    assert payment.events.get(kind="discrepancy").reason_code == "test_payment"


def test_a_hidden_test_payment_is_not_paid_either(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000, sandbox=True)
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "confirming"
    assert payment.status == "ready"


def test_a_payment_that_the_gateway_does_not_know_yet_is_being_confirmed(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.fault("status", match={"path": "/payments/*"}, status=404)
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "confirming"
    page = buyer.page(payment)
    assert state(page) == "confirming"
    # The page asks again by itself, and does not invite to pay twice meanwhile.
    assert "data-auto-check" in page.content.decode()
    assert "order-again" not in page.content.decode()
    sandbox.heal()
    buyer.client.post(f"/payments/{payment.merchant_uid}/check/")
    assert state(buyer.page(payment)) == "paid"


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 401}),
        ("status", {"status": 429}),
        ("status", {"status": 200, "body": '{"code":1,"message":"안됨","response":null}'}),
        ("html", {}),
        ("malformed", {}),
        ("cut", {}),
        ("latency", {"seconds": 2}),
    ],
)
def test_without_an_answer_nothing_is_concluded(
    buyer: Browser,
    payment: Payment,
    sandbox: SandboxGateway,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    how: dict[str, Any],
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.fault(kind, match={"method": "GET", "path": "/payments"}, **how)
    with caplog.at_level(logging.WARNING):
        assert refused(buyer, payment, paid["imp_uid"]) == (503, "confirming", None)
    assert payment.status == "ready"
    assert kinds(payment)[-2:] == ["asked", "unknown"]
    assert any(getattr(record, "reason", "") for record in caplog.records)
    assert state(buyer.page(payment)) == "confirming"
    sandbox.heal()
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "paid"


def test_silence_about_another_attempt_is_no_news_about_a_paid_order(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    completed(buyer, payment, paid["imp_uid"])
    assert completed(buyer, payment, "imp_999999999999")["status"] == "paid"


def test_a_payment_that_is_refunded_by_now_is_not_called_paid(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.cancel(paid["imp_uid"])
    assert completed(buyer, payment, paid["imp_uid"])["status"] == "refunded"


@pytest.mark.parametrize("endpoint", ["complete", "give_up"])
def test_an_order_is_asked_about_so_often_in_a_minute(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway, time_machine: Any, endpoint: str
) -> None:
    time_machine.move_to(timezone.now().replace(second=1), tick=False)

    def ask(number: int) -> ClientResponse:
        if endpoint == "give_up":
            return buyer.give_up(payment.merchant_uid)
        return buyer.complete(payment.merchant_uid, f"imp_{number:012}")

    for number in range(QUESTIONS_PER_MINUTE):
        assert ask(number).status_code != 429
    calls, events = sandbox.calls()["total"], payment.events.count()
    assert error(ask(99)) == (429, "too_many", None)
    assert (sandbox.calls()["total"], payment.events.count()) == (calls, events)
