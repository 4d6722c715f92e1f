"""Contract 2.7: cancel."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from requests import Response

from tests.sandbox.conftest import Iamport


def cancel(iamport: Iamport, payment: dict[str, Any] | None = None, **body: Any) -> Response:
    if payment is not None:
        body["imp_uid"] = payment["imp_uid"]
    return iamport.post("/payments/cancel", body)


def refusal(answer: Response) -> str:
    """Failures: HTTP 200 with code ≠ 0, response null."""
    assert answer.status_code == 200
    assert answer.json()["code"] == 1
    assert answer.json()["response"] is None
    message: str = answer.json()["message"]
    return message


def test_full_cancel(iamport: Iamport) -> None:
    """Contract 2.7, 3.3: response is the whole updated Payment; contract 9#22: paid_at stays."""
    paid = iamport.pay(amount=1000)
    body = cancel(iamport, paid, reason="변심", checksum=1000).json()
    after = body["response"]
    assert (body["code"], body["message"]) == (0, None)
    assert (after["status"], after["amount"], after["cancel_amount"]) == ("cancelled", 1000, 1000)
    assert after["paid_at"] == paid["paid_at"] > 0
    assert after["cancelled_at"] >= after["paid_at"]
    assert after["cancel_reason"] == "변심"


def test_cancel_history_entry(iamport: Iamport) -> None:
    """Contract 3.4: pg_tid, amount, cancelled_at, reason, cancellation_id, receipt_url."""
    after = cancel(iamport, iamport.pay(), amount=300, reason="일부").json()["response"]
    (entry,) = after["cancel_history"]
    assert set(entry) == {
        "pg_tid",
        "amount",
        "cancelled_at",
        "reason",
        "cancellation_id",
        "receipt_url",
    }
    assert (entry["amount"], entry["reason"]) == (300, "일부")
    assert len(entry["cancellation_id"]) == 20
    assert entry["cancellation_id"].isalnum()
    assert entry["cancellation_id"] == entry["cancellation_id"].upper()


def test_partial_cancels_until_nothing_is_left(iamport: Iamport) -> None:
    """Contract 2.7: partial ⇒ cancelled; more cancels until 0; sum of entries = cancel_amount."""
    paid = iamport.pay(amount=1000)
    after = cancel(iamport, paid, amount=300).json()["response"]
    assert (after["status"], after["cancel_amount"], after["amount"]) == ("cancelled", 300, 1000)
    after = cancel(iamport, paid, amount=700, checksum=700).json()["response"]
    assert [entry["amount"] for entry in after["cancel_history"]] == [300, 700]
    assert refusal(cancel(iamport, paid, amount=1)) == "이미 전액취소된 주문입니다."


@pytest.mark.parametrize("body", [{}, {"amount": 0}, {"amount": None}, {"amount": ""}])
def test_zero_or_missing_amount_is_the_rest(iamport: Iamport, body: dict[str, Any]) -> None:
    """Contract 2.7: missing or 0 ⇒ full cancel of the remaining balance."""
    paid = iamport.pay(amount=1000)
    cancel(iamport, paid, amount=400)
    after = cancel(iamport, paid, **body).json()["response"]
    assert after["cancel_amount"] == 1000
    assert after["cancel_history"][1]["amount"] == 600


def test_already_cancelled_comes_first(iamport: Iamport) -> None:
    """Contract 2.7: also when an amount or a wrong checksum is sent along."""
    paid = iamport.pay()
    cancel(iamport, paid)
    for body in ({}, {"amount": 500}, {"checksum": 1000}):
        assert refusal(cancel(iamport, paid, **body)) == "이미 전액취소된 주문입니다."


def test_unknown_and_missing_ids(iamport: Iamport) -> None:
    """Contract 2.7: an unknown id, and neither id."""
    assert refusal(cancel(iamport, imp_uid="imp_1")) == "취소할 결제건이 존재하지 않습니다."
    assert refusal(cancel(iamport, merchant_uid="x")) == "취소할 결제건이 존재하지 않습니다."
    assert refusal(cancel(iamport)).endswith("지정해주셔야합니다.")


def test_imp_uid_wins(iamport: Iamport) -> None:
    """Contract 2.7: an invalid imp_uid fails whatever merchant_uid says."""
    first, second = iamport.pay("first"), iamport.pay("second")
    after = cancel(iamport, first, merchant_uid="second").json()["response"]
    assert after["imp_uid"] == first["imp_uid"]
    refusal(cancel(iamport, imp_uid="imp_1", merchant_uid="second"))
    assert iamport.get(f"/payments/{second['imp_uid']}").json()["response"]["status"] == "paid"


def test_by_merchant_uid_takes_the_approved_attempt(iamport: Iamport) -> None:
    """Contract 2.4, 2.7: many attempts, at most one approved."""
    paid = iamport.pay()
    iamport.pay(outcome="failed")
    after = cancel(iamport, merchant_uid="order-1").json()["response"]
    assert after["imp_uid"] == paid["imp_uid"]


@pytest.mark.parametrize("outcome", ["ready", "failed", "vbank"])
def test_nothing_approved(iamport: Iamport, outcome: str) -> None:
    """Contract 2.7, 9#27: ready, failed, and a waiting virtual account."""
    answer = cancel(iamport, iamport.pay(outcome=outcome))
    assert refusal(answer) == "취소할 결제건이 존재하지 않습니다."


@pytest.mark.parametrize(
    "body", [{"amount": 1001}, {"checksum": 999}, {"amount": -1}, {"amount": 0.5}, {"amount": "x"}]
)
def test_refused_amounts_change_nothing(iamport: Iamport, body: dict[str, Any]) -> None:
    """Contract 9#5, 9#28: over the balance, wrong checksum, negative, fractional."""
    paid = iamport.pay(amount=1000)
    refusal(cancel(iamport, paid, **body))
    assert iamport.get(f"/payments/{paid['imp_uid']}").json()["response"] == paid


def test_refusals_as_4xx(iamport: Iamport) -> None:
    """Contract 9#6: option to switch."""
    iamport.switch(cancel_refusal_status=400)
    answer = cancel(iamport, imp_uid="imp_1")
    assert (answer.status_code, answer.json()["code"]) == (400, 1)


def test_vbank_needs_a_refund_account(iamport: Iamport) -> None:
    """Contract 2.7: refund_holder, refund_bank, refund_account for a virtual account."""
    paid = iamport.pay(pay_method="vbank")
    assert refusal(cancel(iamport, paid)).startswith("결제취소에 실패하였습니다.(")
    refund = {"refund_holder": "김", "refund_bank": "88", "refund_account": "110"}
    refusal(cancel(iamport, paid, refund_holder="김", refund_bank="88"))
    assert cancel(iamport, paid, **refund).json()["response"]["status"] == "cancelled"


def test_form_body(iamport: Iamport) -> None:
    """Contract 2.0: all consume JSON or form."""
    paid = iamport.pay(amount=1000)
    form = {"imp_uid": paid["imp_uid"], "amount": "250", "checksum": "1000"}
    after = iamport.call("POST", "/payments/cancel", data=form).json()["response"]
    assert after["cancel_amount"] == 250


def test_foreign_amounts(iamport: Iamport) -> None:
    """Contract 3.8: foreign amounts may have decimals."""
    paid = iamport.pay(amount=10.5, currency="USD")
    after = cancel(iamport, paid, amount=0.25, checksum=10.5).json()["response"]
    assert after["cancel_amount"] == 0.25
    assert cancel(iamport, paid, checksum=10.25).json()["response"]["cancel_amount"] == 10.5


def test_simultaneous_cancels(iamport: Iamport) -> None:
    """Contract 9#29: serialised; the second fails by its checksum."""
    paid = iamport.pay(amount=1000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: cancel(iamport, paid, amount=100, checksum=1000), range(8))
        )
    assert sorted(answer.json()["code"] for answer in answers) == [0] + [1] * 7
    after = iamport.get(f"/payments/{paid['imp_uid']}").json()["response"]
    assert after["cancel_amount"] == 100
