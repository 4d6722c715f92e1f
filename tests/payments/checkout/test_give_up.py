"""Giving up in the window: it touches one's own order only, and the gateway says what happened."""

import json
from typing import Any

import pytest

from accounts.models import User
from payments.models import Payment, Product
from payments.services.ledger_audit import problems_of
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import Browser, error, state
from tests.payments.conftest import kinds, start

DENIED = "[결제포기] 사용자가 결제를 취소하셨습니다"


def status_after(browser: Browser, payment: Payment, **fields: Any) -> str:
    response = browser.give_up(payment.merchant_uid, **fields)
    assert response.status_code == 200, response.content
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    return str(json.loads(response.content)["status"])


def test_given_up_at_the_last_step_is_failed_with_both_ids_and_the_reason(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", reason=DENIED)
    assert status_after(buyer, payment, imp_uid=attempt["imp_uid"], error_msg="취소") == "failed"
    assert (payment.status, payment.imp_uid) == ("failed", attempt["imp_uid"])
    assert payment.fail_reason == DENIED
    assert state(buyer.page(payment)) == "failed"


def test_a_window_that_was_only_closed_leaves_the_order_open(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
    assert status_after(buyer, payment, imp_uid=attempt["imp_uid"]) == "confirming"
    assert (payment.status, payment.imp_uid) == ("ready", None)


def test_a_window_that_never_opened_leaves_the_order_open(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    assert status_after(buyer, payment, imp_uid=None, error_code="F500") == "confirming"
    assert payment.status == "ready"


def test_a_give_up_of_what_was_paid_is_paid(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    assert status_after(buyer, payment, imp_uid=None, error_code="F1002") == "paid"
    assert payment.is_paid


def test_one_failed_attempt_does_not_hide_the_one_that_was_approved(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    failed = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
    sandbox.pay(payment.merchant_uid, 99_000)
    assert status_after(buyer, payment, imp_uid=failed["imp_uid"]) == "paid"


@pytest.mark.parametrize("imp_uid", [None, "", " "])
def test_without_an_imp_uid_nobody_elses_payment_is_found(
    buyer: Browser,
    payment: Payment,
    others_payment: Payment,
    sandbox: SandboxGateway,
    imp_uid: str | None,
) -> None:
    sandbox.pay(others_payment.merchant_uid, 99_000, outcome="failed")
    assert status_after(buyer, payment, imp_uid=imp_uid) == "confirming"
    others_payment.refresh_from_db()
    assert (others_payment.status, kinds(others_payment)[-1]) == ("ready", "prepared")


def test_somebody_elses_imp_uid_changes_nobodys_payment(
    buyer: Browser, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    attempt = sandbox.pay(others_payment.merchant_uid, 99_000, outcome="failed")
    assert status_after(buyer, payment, imp_uid=attempt["imp_uid"]) == "confirming"
    others_payment.refresh_from_db()
    assert (payment.status, others_payment.status) == ("ready", "ready")


def test_of_two_orders_of_one_person_only_the_named_one_is_closed(
    buyer: Browser, payment: Payment, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    second = start(customer, product, checkout_key="second")
    for order in (payment, second):
        sandbox.pay(order.merchant_uid, 99_000, outcome="failed")
    assert status_after(buyer, second) == "failed"
    payment.refresh_from_db()
    assert (payment.status, second.status) == ("ready", "failed")


def test_what_the_window_said_is_kept_short_and_clean(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    status_after(buyer, payment, error_code="E1", error_msg="나\x00쁨" + "x" * 5_000)
    note = payment.events.filter(source="give_up", kind="asked").earliest("sequence").note
    assert note.startswith("E1 나쁨xxx")
    assert len(note) < 400


def test_the_windows_word_alone_fails_nothing(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    response = buyer.give_up(payment.merchant_uid, error_msg="실패")
    assert error(response) == (503, "confirming", None)
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_giving_up_twice_is_one_failure(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
    assert [status_after(buyer, payment), status_after(buyer, payment)] == ["failed", "failed"]
    assert kinds(payment).count("failed") == 1


def test_an_approval_over_another_amount_is_not_hidden_by_giving_up(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    assert error(buyer.give_up(payment.merchant_uid)) == (409, "mismatch", None)
    assert state(buyer.page(payment)) == "mismatch"


def test_a_paid_order_can_not_be_given_up(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    buyer.complete(payment.merchant_uid, paid["imp_uid"])
    assert status_after(buyer, payment, imp_uid=paid["imp_uid"], error_msg="실패") == "paid"


def test_an_attempt_that_the_gateway_does_not_know_yet_is_not_given_up(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.fault("status", match={"path": "/payments/*"}, status=404)
    assert status_after(buyer, payment, imp_uid=paid["imp_uid"], error_code="F1") == "confirming"
    assert "order-again" not in buyer.page(payment).content.decode()
    sandbox.heal()
    assert status_after(buyer, payment, imp_uid=paid["imp_uid"]) == "paid"


def test_an_order_without_any_attempt_may_be_given_again(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    assert status_after(buyer, payment, imp_uid=None, error_code="F500") == "confirming"
    assert "order-again" in buyer.page(payment).content.decode()
