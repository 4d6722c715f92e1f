"""Orders: one for each click, registered before any window opens, failed with a reason if not."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from payments import gateway, merchant_uid
from payments.errors import GatewayRefused, GatewayUnavailable, NotAllowed
from payments.models import Payment, Product
from payments.services import checkout
from payments.services.checkout import DRAWS
from payments.services.ledger_audit import problems_of
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start


def test_the_amount_is_the_products_and_the_gateway_knows_it(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    assert payment.amount == 99_000
    assert kinds(payment) == ["ordered", "prepare_asked", "prepared"]
    refused = sandbox._http.post(
        f"{sandbox.url}/_sandbox/payments", json={"merchant_uid": payment.merchant_uid, "amount": 1}
    )
    assert refused.status_code == 409


def test_a_later_price_does_not_change_an_order(
    payment: Payment, customer: User, product: Product
) -> None:
    product.price = 1_000
    product.save()
    assert start(customer, product).amount == 99_000


def test_a_start_is_one_call_with_a_warm_token(
    payment: Payment, customer: User, sandbox: SandboxGateway, product: Product
) -> None:
    sandbox.control("DELETE", "calls")
    start(customer, product, checkout_key="another-click")
    assert sandbox.calls()["counts"] == {"POST /payments/prepare": 1}


class TestOneClickIsOneOrder:
    def test_the_second_click_finds_the_order(
        self, payment: Payment, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        sandbox.control("DELETE", "calls")
        again = start(customer, product)
        assert again.pk == payment.pk
        assert sandbox.calls()["counts"] == {}

    def test_the_same_key_of_somebody_else_is_another_order(
        self, payment: Payment, others_payment: Payment
    ) -> None:
        assert payment.checkout_key == others_payment.checkout_key
        assert payment.pk != others_payment.pk

    @pytest.mark.django_db(transaction=True)
    def test_two_clicks_at_once_make_one_order(
        self, sandbox: SandboxGateway, customer: User, product: Product
    ) -> None:
        together = threading.Barrier(4)
        numbers: list[str] = []

        def click() -> None:
            together.wait()
            try:
                numbers.append(start(customer, product).merchant_uid)
            finally:
                connection.close()

        threads = [threading.Thread(target=click) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(numbers) == 4
        assert len(set(numbers)) == 1
        assert Payment.objects.count() == 1
        assert kinds(Payment.objects.get()).count("prepared") == 1

    def test_a_paid_order_is_not_started_again(
        self, payment: Payment, customer: User, sandbox: SandboxGateway, product: Product
    ) -> None:
        attempt = sandbox.pay(payment.merchant_uid, 99_000)
        verify(payment=payment, source=Source.BROWSER, imp_uid=attempt["imp_uid"])
        with pytest.raises(checkout.AlreadyPaid):
            start(customer, product)

    def test_a_failed_order_is_not_opened_again(
        self, payment: Payment, customer: User, sandbox: SandboxGateway, product: Product
    ) -> None:
        attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        verify(payment=payment, source=Source.BROWSER, imp_uid=attempt["imp_uid"])
        with pytest.raises(checkout.OrderEnded):
            start(customer, product)


def test_what_is_not_on_sale_can_not_be_ordered(
    sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    product.active = False
    product.save()
    with pytest.raises(NotAllowed):
        start(customer, product)
    assert not Payment.objects.exists()


class TestOrderNumbers:
    def test_a_number_that_is_ours_already_is_drawn_again(
        self, payment: Payment, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draws = iter([payment.merchant_uid, payment.merchant_uid, "20260401NEWNEWNEWNEW"])
        monkeypatch.setattr(merchant_uid, "draw", lambda at: next(draws))
        other = start(customer, product, checkout_key="next")
        assert other.merchant_uid == "20260401NEWNEWNEWNEW"

    def test_a_number_that_the_gateway_knows_is_drawn_again_before_anybody_sees_it(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        gateway.client().register(merchant_uid="20260401USEDUSEDUSED", amount=5_000)
        draws = iter(["20260401USEDUSEDUSED", "20260401FREEFREEFREE"])
        monkeypatch.setattr(merchant_uid, "draw", lambda at: next(draws))
        order = start(customer, product, checkout_key="next")
        assert order.merchant_uid == "20260401FREEFREEFREE"
        assert "renumbered" in kinds(order)
        assert list(problems_of(order)) == []
        # The other order's amount was not overwritten.
        registered = gateway.client().registered(merchant_uid="20260401USEDUSEDUSED")
        assert registered is not None
        assert registered.amount == 5_000


TROUBLE: list[dict[str, Any]] = [
    {"kind": "hang", "seconds": 3},
    {"kind": "status", "status": 500},
    {"kind": "html"},
    {"kind": "cut"},
    {"kind": "after"},
]


class TestWhenTheGatewayIsInTrouble:
    @pytest.mark.parametrize("fault", TROUBLE, ids=[str(fault) for fault in TROUBLE])
    def test_no_window_opens_and_the_order_says_why(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        settings: Any,
        fault: dict[str, Any],
    ) -> None:
        settings.IAMPORT_READ_TIMEOUT = 0.3
        fields = {name: value for name, value in fault.items() if name != "kind"}
        sandbox.fault(fault["kind"], match={"path": "/payments/prepare"}, **fields)
        with pytest.raises(GatewayUnavailable):
            start(customer, product)
        order = Payment.objects.get()
        assert order.status == "failed"
        assert order.fail_reason
        assert order.events.get(kind="failed").reason_code == "prepare_unanswered"

    def test_a_gateway_that_knows_every_new_number_refuses_the_order(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        numbers = [f"20260401USED{number:08}" for number in range(DRAWS + 1)]
        for number in numbers:
            gateway.client().register(merchant_uid=number, amount=1)
        draws = iter(numbers)
        monkeypatch.setattr(merchant_uid, "draw", lambda at: next(draws))
        with pytest.raises(GatewayRefused):
            start(customer, product)
        order = Payment.objects.get()
        assert order.status == "failed"
        assert order.events.get(kind="failed").reason_code == "prepare_refused"

    def test_without_a_free_number_of_ours_the_customer_is_told(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        taken = start(customer, product).merchant_uid
        monkeypatch.setattr(merchant_uid, "draw", lambda at: taken)
        with pytest.raises(NotAllowed):
            start(customer, product, checkout_key="another-click")
        assert Payment.objects.count() == 1

    def test_wrong_keys_are_told_apart_from_silence(
        self, sandbox: SandboxGateway, customer: User, product: Product, settings: Any
    ) -> None:
        # The prototype's 401 hid the real error.
        settings.IAMPORT_SECRET = "wrong"
        with pytest.raises(GatewayRefused):
            start(customer, product)
        event = Payment.objects.get().events.get(kind="failed")
        assert event.reason_code == "prepare_refused"
        assert "인증에 실패하였습니다" in event.note

    def test_a_post_is_sent_once(
        self, sandbox: SandboxGateway, customer: User, product: Product, settings: Any
    ) -> None:
        settings.IAMPORT_MAX_RETRIES = 2
        sandbox.fault("after", match={"path": "/payments/prepare", "method": "POST"})
        with pytest.raises(GatewayUnavailable):
            start(customer, product)
        assert sandbox.calls()["counts"]["POST /payments/prepare"] == 1

    def test_a_crash_after_the_question_is_taken_up_by_the_next_click(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def killed(*args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(checkout, "_is_prepared", killed)
            with pytest.raises(KeyboardInterrupt):
                start(customer, product)
        # The gateway has the registration, we do not know it: POST says no, GET says the same.
        order = start(customer, product)
        assert kinds(order)[-2:] == ["prepare_asked", "prepared"]
        assert "renumbered" not in kinds(order)
