"""The pay button: one order for one click, and everything in the window's parameters is ours."""

import json
import logging
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from payments.checkout.api import ORDERS_PER_MINUTE
from payments.models import Payment, Product
from payments.services import checkout
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import START, Browser, error


def started(browser: Browser, **fields: Any) -> dict[str, Any]:
    response = browser.start(**fields)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def test_the_parameters_are_the_orders_and_complete(
    buyer: Browser, sandbox: SandboxGateway, customer: User
) -> None:
    answer = started(buyer, buyer_name="홍길동")
    payment = Payment.objects.get()
    assert answer == {
        "user_code": "imp00000000",
        "params": {
            "pg": "html5_inicis",
            "pay_method": "card",
            "merchant_uid": payment.merchant_uid,
            "name": "Devket 프리미엄",
            "amount": 99_000,
            "currency": "KRW",
            "buyer_email": customer.email,
            "buyer_name": "홍길동",
            "buyer_tel": "010-1234-5678",
            "m_redirect_url": "http://testserver/checkout/return/",
        },
        "next": f"/payments/{payment.merchant_uid}/",
    }
    assert (payment.user, payment.status, payment.pay_method) == (customer, "ready", "card")


def test_behind_https_the_way_back_is_https(buyer: Browser, sandbox: SandboxGateway) -> None:
    params = json.loads(buyer.post("start", START, secure=True).content)["params"]
    assert params["m_redirect_url"] == "https://testserver/checkout/return/"


@pytest.mark.parametrize("pay_method", ["card", "trans", "vbank", "phone"])
def test_there_is_always_a_pg(buyer: Browser, sandbox: SandboxGateway, pay_method: str) -> None:
    params = started(buyer, pay_method=pay_method)["params"]
    assert (params["pg"], params["pay_method"]) == ("html5_inicis", pay_method)


def test_a_phone_payment_says_what_is_sold(buyer: Browser, sandbox: SandboxGateway) -> None:
    assert started(buyer, pay_method="phone")["params"]["digital"] is False


def test_the_notice_url_is_sent_where_one_is_configured(
    buyer: Browser, sandbox: SandboxGateway, settings: Any
) -> None:
    settings.IAMPORT_NOTICE_URL = "https://shop.example/webhooks/iamport/"
    params = started(buyer)["params"]
    assert params["notice_url"] == "https://shop.example/webhooks/iamport/"


def test_a_method_that_the_shop_configures_is_offered(
    buyer: Browser, sandbox: SandboxGateway, settings: Any
) -> None:
    settings.IAMPORT_PAY_METHODS = ["kakaopay"]
    assert started(buyer, pay_method="kakaopay")["params"]["pay_method"] == "kakaopay"
    assert error(buyer.start(pay_method="card")) == (400, "bad_input", "pay_method")


def test_a_double_click_makes_one_order(buyer: Browser, sandbox: SandboxGateway) -> None:
    assert started(buyer) == started(buyer)
    assert Payment.objects.count() == 1


def test_the_same_key_of_another_person_is_another_order(
    buyer: Browser, other: Browser, sandbox: SandboxGateway
) -> None:
    assert started(buyer)["next"] != started(other)["next"]


def test_another_method_for_the_same_click_opens_the_same_order(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    first = started(buyer)["params"]
    second = started(buyer, pay_method="vbank")["params"]
    assert second == first | {"pay_method": "vbank"}


def test_a_key_stands_for_one_product(buyer: Browser, sandbox: SandboxGateway) -> None:
    Product.objects.create(slug="cheap", name="Cheap", price=1_000)
    started(buyer, product="cheap")
    assert error(buyer.start()) == (409, "other_product", "checkout_key")


def test_two_orders_in_one_second_have_different_numbers(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    keys = map(str, range(ORDERS_PER_MINUTE))
    numbers = {started(buyer, checkout_key=key)["params"]["merchant_uid"] for key in keys}
    assert len(numbers) == ORDERS_PER_MINUTE
    assert all(len(number) <= 40 for number in numbers)


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_very_same_time_make_one_order(
    customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    barrier = threading.Barrier(4)
    answers: list[tuple[int, str]] = []

    def click() -> None:
        client = Client()
        client.force_login(customer)
        barrier.wait()
        response = Browser(client).start()
        number = json.loads(response.content).get("params", {}).get("merchant_uid", "")
        answers.append((response.status_code, number))
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, Payment.objects.get().merchant_uid)] * 4


def test_the_slower_of_two_clicks_keeps_the_number_that_a_window_is_open_with(
    buyer: Browser, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway then says "exists" to a number that is ours: no reason to draw another."""
    call = checkout._call
    first_numbers: list[str] = []

    def overtaken(*args: Any) -> checkout.Registration:
        if not first_numbers:
            first_numbers.append("under way")
            first_numbers[0] = started(buyer)["params"]["merchant_uid"]
        return call(*args)

    monkeypatch.setattr(checkout, "_call", overtaken)
    assert [started(buyer)["params"]["merchant_uid"]] == first_numbers


def test_an_order_that_is_paid_is_409_and_leads_to_its_page(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    answer = started(buyer)
    sandbox.pay(answer["params"]["merchant_uid"], 99_000)
    verify(payment=Payment.objects.get(), source=Source.WEBHOOK)
    response = buyer.start()
    assert error(response) == (409, "already_paid", None)
    assert json.loads(response.content)["next"] == answer["next"]


def test_an_order_that_failed_is_409_closed_and_comes_with_a_key_for_the_next(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    first = started(buyer)["params"]["merchant_uid"]
    sandbox.pay(first, 99_000, outcome="failed")
    buyer.give_up(first)
    response = buyer.start()
    assert error(response) == (409, "closed", None)
    key = json.loads(response.content)["checkout_key"]
    assert started(buyer, checkout_key=key)["params"]["merchant_uid"] != first


FAULTS = [
    ("status", {"status": 500}, 503, "gateway_unavailable"),
    ("status", {"status": 429}, 503, "gateway_unavailable"),
    ("html", {}, 503, "gateway_unavailable"),
    ("malformed", {}, 503, "gateway_unavailable"),
    ("cut", {}, 503, "gateway_unavailable"),
    ("latency", {"seconds": 2}, 503, "gateway_unavailable"),
    ("status", {"status": 401}, 502, "gateway_refused"),
    ("ip_denied", {}, 502, "gateway_refused"),
    ("status", {"status": 200, "body": '{"code":1,"message":"안됨","response":null}'}, 502, ""),
]


@pytest.mark.parametrize(("kind", "how", "status", "code"), FAULTS)
def test_trouble_at_the_gateway_is_told_and_no_window_opens(
    buyer: Browser,
    sandbox: SandboxGateway,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    how: dict[str, Any],
    status: int,
    code: str,
) -> None:
    if code:
        sandbox.fault(kind, **how)
    else:
        sandbox.fault(kind, match={"method": "POST", "path": "/payments/prepare"}, **how)
    with caplog.at_level(logging.WARNING):
        response = buyer.start()
    assert error(response)[:2] == (status, code or "gateway_refused")
    payment = Payment.objects.get()
    assert (payment.status, bool(payment.fail_reason)) == ("failed", True)
    # The customer reads what to do, staff read the cause.
    reasons = [getattr(record, "reason", "") for record in caplog.records]
    assert any("/payments/prepare" in reason or "/users/getToken" in reason for reason in reasons)
    assert payment.events.filter(kind="failed").exclude(note="").exists()


def test_after_trouble_the_next_click_makes_a_new_order(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    key = json.loads(buyer.start().content)["checkout_key"]
    sandbox.heal()
    assert started(buyer, checkout_key=key)
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["failed", "ready"]


def test_the_gateways_401_is_not_mistaken_for_the_customers(
    buyer: Browser, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=401)
    assert error(buyer.start())[0] == 502


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("010-1234-5678", "010-1234-5678"),
        ("01012345678", "01012345678"),
        ("010 1234 5678", "010-1234-5678"),
        (" 010.1234.5678 ", "010-1234-5678"),
        ("010 - 1234 - 5678", "010-1234-5678"),
        ("(010) 1234 5678", "010-1234-5678"),
        ("+82 10-1234-5678", "010-1234-5678"),
        ("+821012345678", "01012345678"),
        ("+82 (0)10 1234 5678", "010-1234-5678"),
        ("0082 10 1234 5678", "010-1234-5678"),
        ("010–1234—5678", "010-1234-5678"),
        ("０１０－１２３４－５６７８", "010-1234-5678"),
        ("02-312-3456", "02-312-3456"),
        ("82-10-1234-5678", "010-1234-5678"),
        ("821012345678", "01012345678"),
        ("\u202d010-1234-5678\u202c", "010-1234-5678"),
        ("010-1234-5678\u200b", "010-1234-5678"),
        ("010_1234_5678", "010-1234-5678"),
        ("010·1234·5678", "010-1234-5678"),
        ("010ー1234ㅡ5678", "010-1234-5678"),
    ],
)
def test_a_phone_number_is_taken_as_people_write_it(
    buyer: Browser, sandbox: SandboxGateway, written: str, kept: str
) -> None:
    assert started(buyer, buyer_tel=written)["params"]["buyer_tel"] == kept


class TestAPriceThatChanged:
    def test_opens_no_window_and_says_what_it_is_now(
        self, buyer: Browser, product: Product, sandbox: SandboxGateway
    ) -> None:
        Product.objects.update(price=120_000)
        response = buyer.start(price="99000")
        assert error(response) == (409, "price_changed", None)
        body = json.loads(response.content)
        assert "120,000" in body["error"]["message"]
        assert (body["price"], "120,000" in body["price_label"]) == ("120000", True)
        assert not Payment.objects.exists()
        assert started(buyer, price="120000")["params"]["amount"] == 120_000

    def test_does_not_change_an_order_that_was_begun_before(
        self, buyer: Browser, product: Product, sandbox: SandboxGateway
    ) -> None:
        first = started(buyer, price="99000")
        Product.objects.update(price=120_000)
        assert started(buyer, price="99000")["params"] == first["params"]


def test_a_second_click_on_a_paid_order_says_paid_when_the_product_has_gone(
    buyer: Browser, product: Product, sandbox: SandboxGateway
) -> None:
    started(buyer)
    payment = Payment.objects.get()
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    buyer.complete(payment.merchant_uid, paid["imp_uid"])
    Product.objects.update(active=False)
    response = buyer.start()
    assert error(response) == (409, "already_paid", None)
    assert json.loads(response.content)["next"] == f"/payments/{payment.merchant_uid}/"


def test_a_person_makes_so_many_new_orders_a_minute(
    buyer: Browser, sandbox: SandboxGateway, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now().replace(second=1), tick=False)
    for number in range(ORDERS_PER_MINUTE):
        started(buyer, checkout_key=f"key-{number}")
    assert error(buyer.start(checkout_key="one-too-many")) == (429, "too_many", None)
    assert Payment.objects.count() == ORDERS_PER_MINUTE
    started(buyer, checkout_key="key-0")  # the same click again makes none
    time_machine.shift(60)
    started(buyer, checkout_key="one-too-many")
