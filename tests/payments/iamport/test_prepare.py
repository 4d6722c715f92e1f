"""An order and its amount are registered before the window opens: what is sent and understood."""

from typing import Any

import pytest

from payments.iamport import (
    IamportClient,
    IamportError,
    Malformed,
    NotFound,
    Prepared,
    PrepareOutcome,
    Refused,
    Unavailable,
)
from tests.payments.iamport.scripted import GONE, Answer, Gateway, cut, envelope, html, refusal

PREPARE = "/payments/prepare"
ORDER = f"{PREPARE}/order-1"
TAKEN = refusal(200, 1, "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).")


def held(
    amount: Any = 12000, currency: str | None = "KRW", merchant_uid: str = "order-1"
) -> Answer:
    return envelope({"merchant_uid": merchant_uid, "amount": amount, "currency": currency})


def test_register_sends_the_order_and_its_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, held())
    prepared = client.register(merchant_uid="order-1", amount=12000)
    assert prepared == Prepared("order-1", 12000, "KRW", PrepareOutcome.REGISTERED)
    sent = gateway.calls("POST", PREPARE)[0]
    assert sent.body == {"merchant_uid": "order-1", "amount": 12000, "currency": "KRW"}
    assert sent.headers["Content-Type"] == "application/json"


def test_registering_twice_is_refused_with_the_gateways_words(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    with pytest.raises(Refused, match="이미 등록된") as raised:
        client.register(merchant_uid="order-1", amount=12000)
    assert (raised.value.status, raised.value.code) == (200, 1)


def test_registered_tells_what_is_held(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ORDER, held(currency=None))
    prepared = client.registered(merchant_uid="order-1")
    assert prepared == Prepared("order-1", 12000, None, PrepareOutcome.ALREADY_REGISTERED)


@pytest.mark.parametrize("answer", [GONE, refusal(200, 1)])
def test_registered_is_none_if_nothing_is_held(
    gateway: Gateway, client: IamportClient, answer: Answer
) -> None:
    gateway.on("GET", ORDER, answer)
    assert client.registered(merchant_uid="order-1") is None


@pytest.mark.parametrize(
    ("answer", "error"), [(refusal(400, -1), Refused), (html(404), Malformed), (cut, Unavailable)]
)
def test_registered_is_not_none_when_nothing_is_known(
    gateway: Gateway, client: IamportClient, answer: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", ORDER, answer)
    with pytest.raises(error):
        client.registered(merchant_uid="order-1")


@pytest.mark.parametrize(
    "echo",
    [held(1), held(currency="USD"), held(currency=None), held(merchant_uid="order-2")],
    ids=["amount", "currency", "no currency", "order"],
)
@pytest.mark.parametrize("call", ["register", "prepare", "amend"])
def test_an_echo_of_something_else_is_unknown(
    gateway: Gateway, client: IamportClient, echo: Answer, call: str
) -> None:
    gateway.on("POST", PREPARE, echo)
    gateway.on("PUT", PREPARE, echo)
    with pytest.raises(Malformed, match="not what was asked for") as raised:
        getattr(client, call)(merchant_uid="order-1", amount=12000)
    assert raised.value.sent


def test_what_is_registered_for_another_order_is_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", ORDER, held(merchant_uid="order-2"))
    with pytest.raises(Malformed):
        client.registered(merchant_uid="order-1")


def test_amend_changes_the_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("PUT", PREPARE, held(9000))
    prepared = client.amend(merchant_uid="order-1", amount=9000)
    assert prepared == Prepared("order-1", 9000, "KRW", PrepareOutcome.AMENDED)


def test_amending_nothing_is_not_found(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("PUT", PREPARE, GONE)
    with pytest.raises(NotFound):
        client.amend(merchant_uid="order-1", amount=9000)


def test_prepare_registers_a_new_order(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared.outcome is PrepareOutcome.REGISTERED
    assert len(gateway.seen) == 2


def test_prepare_is_content_with_the_same_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    gateway.on("GET", ORDER, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared.outcome is PrepareOutcome.ALREADY_REGISTERED
    assert not gateway.calls("PUT", PREPARE)


@pytest.mark.parametrize("there", [held(11000), held(currency=None), held(currency="USD")])
def test_prepare_amends_what_differs(
    gateway: Gateway, client: IamportClient, there: Answer
) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    gateway.on("GET", ORDER, there)
    gateway.on("PUT", PREPARE, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared == Prepared("order-1", 12000, "KRW", PrepareOutcome.AMENDED)


def test_prepare_tells_of_a_refusal_for_another_reason(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, refusal(400, -1, "금액"))
    gateway.on("GET", ORDER, GONE)
    with pytest.raises(Refused, match="금액"):
        client.prepare(merchant_uid="order-1", amount=12000)


def test_prepare_does_not_guess_after_a_lost_answer(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, html(500))
    with pytest.raises(Unavailable):
        client.prepare(merchant_uid="order-1", amount=12000)
    assert len(gateway.seen) == 2
