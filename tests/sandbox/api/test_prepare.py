"""Contract 2.1: pre-registration of the amount."""

from typing import Any

import pytest
from requests import Response

from tests.sandbox.conftest import Iamport


def register(iamport: Iamport, method: str = "POST", **body: Any) -> Response:
    body = {"merchant_uid": "order-1", "amount": 1000, **body}
    return iamport.call(method, "/payments/prepare", json=body)


def test_register_and_look_up(iamport: Iamport) -> None:
    """Contract 2.1: `{merchant_uid, amount, currency}` from all three."""
    expected = {"merchant_uid": "order-1", "amount": 1000, "currency": None}
    assert register(iamport).json() == {"code": 0, "message": None, "response": expected}
    assert iamport.get("/payments/prepare/order-1").json()["response"] == expected


def test_second_registration_is_refused(iamport: Iamport) -> None:
    """Contract 2.1: even the same amount is HTTP 200, code 1."""
    register(iamport)
    answer = register(iamport)
    assert answer.status_code == 200
    assert answer.json() == {
        "code": 1,
        "message": "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).",
        "response": None,
    }


def test_change(iamport: Iamport) -> None:
    """Contract 2.1: PUT changes a registration."""
    register(iamport)
    answer = register(iamport, "PUT", amount=2000, currency="KRW")
    assert answer.json()["response"] == {
        "merchant_uid": "order-1",
        "amount": 2000,
        "currency": "KRW",
    }


def test_unknown_is_404(iamport: Iamport) -> None:
    """Contract 2.1, 9#9: PUT and GET of nothing registered."""
    for answer in (register(iamport, "PUT"), iamport.get("/payments/prepare/order-1")):
        assert answer.status_code == 404
        assert answer.json()["code"] == -1
        assert answer.json()["message"] == "사전등록된 결제정보가 존재하지 않습니다."


@pytest.mark.parametrize("amount", [None, 0, -1, "abc", 10.5, True, float("inf")])
def test_bad_amount(iamport: Iamport, amount: bool | float | str | None) -> None:
    """Contract 2.1: missing, zero, negative: 400, code -1; contract 7.1: whole won."""
    body = {"merchant_uid": "order-1"} if amount is None else None
    if amount == float("inf"):
        answer = iamport.call(
            "POST", "/payments/prepare", data={"merchant_uid": "order-1", "amount": "inf"}
        )
    elif body:
        answer = iamport.post("/payments/prepare", body)
    else:
        answer = register(iamport, amount=amount)
    assert (answer.status_code, answer.json()["code"]) == (400, -1)


@pytest.mark.parametrize("merchant_uid", ["", "x" * 41])
def test_bad_merchant_uid(iamport: Iamport, merchant_uid: str) -> None:
    """Contract 2.1: required, at most 40 characters."""
    assert register(iamport, merchant_uid=merchant_uid).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_paid_order_is_refused(iamport: Iamport, method: str) -> None:
    """Contract 9#8: for a paid order 200 with code 1."""
    if method == "PUT":
        register(iamport)
    iamport.pay("order-1", 1000)
    answer = register(iamport, method)
    assert (answer.status_code, answer.json()["code"]) == (200, 1)


def test_form_body_and_foreign_amount(iamport: Iamport) -> None:
    """Contract 2.0: form bodies too; contract 3.8: foreign amounts may have decimals."""
    form = {"merchant_uid": "order-1", "amount": "10.50", "currency": "USD"}
    answer = iamport.call("POST", "/payments/prepare", data=form)
    assert answer.json()["response"]["amount"] == 10.5


def test_odd_characters_in_the_path(iamport: Iamport) -> None:
    """Contract 2.0: path params are URL-encoded; merchant_uid may hold odd characters."""
    register(iamport, merchant_uid="주문/1 ?#%")
    answer = iamport.get("/payments/prepare/%EC%A3%BC%EB%AC%B8%2F1%20%3F%23%25")
    assert answer.json()["response"]["merchant_uid"] == "주문/1 ?#%"
