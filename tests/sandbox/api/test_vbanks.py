"""Contract 2.9: virtual accounts without a window."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from requests import Response

from tests.sandbox.conftest import Iamport, Shop

DAY = 86400


def issue(iamport: Iamport, **body: Any) -> Response:
    given = {
        "channel_key": "channel-key-1",
        "merchant_uid": "order-1",
        "amount": 50_000,
        "vbank_code": "88",
        "vbank_due": iamport.now() + DAY,
        "vbank_holder": "백오피스",
        **body,
    }
    return iamport.post("/vbanks", {name: value for name, value in given.items() if value != ""})


def issued(iamport: Iamport, **body: Any) -> dict[str, Any]:
    answer = issue(iamport, **body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["code"] == 0, answer.text
    payment: dict[str, Any] = answer.json()["response"]
    return payment


def payment_of(iamport: Iamport, imp_uid: str) -> dict[str, Any]:
    payment: dict[str, Any] = iamport.get(f"/payments/{imp_uid}").json()["response"]
    return payment


def test_issued(iamport: Iamport, shop: Shop) -> None:
    """Ready, with an account by standard codes, made by API, and announced (contract 3.1, 5)."""
    due = iamport.now() + DAY
    custom_data = {"cart": [1]}
    payment = issued(iamport, vbank_due=due, name="책", buyer_name="김", custom_data=custom_data)
    assert payment == payment_of(iamport, payment["imp_uid"])
    assert payment["imp_uid"].startswith("imps_")
    assert (payment["status"], payment["pay_method"]) == ("ready", "vbank")
    assert (payment["channel"], payment["amount"], payment["paid_at"]) == ("api", 50_000, 0)
    assert (payment["vbank_code"], payment["vbank_name"]) == ("088", "신한은행")
    assert (payment["vbank_holder"], payment["vbank_date"]) == ("백오피스", due)
    assert payment["vbank_num"]
    assert payment["vbank_issued_at"] > 0
    assert (payment["name"], payment["buyer_name"]) == ("책", "김")
    assert payment["custom_data"] == '{"cart": [1]}'
    iamport.flush()
    (heard,) = shop.bodies
    assert (heard["imp_uid"], heard["status"]) == (payment["imp_uid"], "ready")


def test_the_deposit_and_its_webhook(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.6, 5: to the notice_url instead of the console's address."""
    imp_uid = issued(iamport, notice_url=[f"{shop.url}/mine"])["imp_uid"]
    iamport.control("POST", f"payments/{imp_uid}/deposit")
    iamport.flush()
    assert [request["path"] for request in shop.heard] == ["/mine", "/mine"]
    assert payment_of(iamport, imp_uid)["status"] == "paid"


def test_form_body(iamport: Iamport) -> None:
    """Contract 2.0: form in, with the brackets of a list."""
    form = {
        "channel_key": "c",
        "merchant_uid": "order-1",
        "amount": "1000",
        "vbank_code": "BK04",
        "vbank_due": str(iamport.now() + DAY),
        "notice_url[]": ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"],
    }
    payment = iamport.call("POST", "/vbanks/", data=form).json()["response"]
    assert (payment["vbank_code"], payment["amount"]) == ("004", 1000)
    iamport.flush()
    assert len(iamport.webhooks()) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"channel_key": ""},  # contract, pitfall 26
        {"merchant_uid": ""},
        {"merchant_uid": "x" * 41},
        {"vbank_code": ""},
        {"vbank_due": ""},
        {"vbank_due": "tomorrow"},
        {"amount": ""},
        {"amount": 0},
        {"amount": -1},
        {"amount": 0.5},
        {"amount": "x"},
        {"buyer_name": "x" * 17},
    ],
)
def test_bad_parameters_are_400(iamport: Iamport, body: dict[str, Any]) -> None:
    """Contract 2.0: 400 is a bad parameter; no payment is made."""
    answer = issue(iamport, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, -1)
    assert iamport.control("GET", "health")["payments"] == 0


@pytest.mark.parametrize("body", [{"vbank_code": "999"}, {"vbank_due": 1_700_000_000}])
def test_what_the_pg_refuses_is_code_1(iamport: Iamport, body: dict[str, Any]) -> None:
    """Contract 2.0: HTTP 200, code 1, response null; no payment is made."""
    answer = issue(iamport, **body)
    assert (answer.status_code, answer.json()["code"]) == (200, 1)
    assert answer.json()["response"] is None
    assert iamport.control("GET", "health")["payments"] == 0


def test_an_order_that_was_paid_gets_no_account(iamport: Iamport) -> None:
    """Contract 2.9: refused. A waiting one of the same order is none (contract, pitfall 19)."""
    issued(iamport)
    second = issued(iamport)["imp_uid"]
    iamport.control("POST", f"payments/{second}/deposit")
    assert issue(iamport).json()["code"] == 1


def test_nothing_of_the_body_gets_past_its_parameters(iamport: Iamport) -> None:
    """A shop can't write what the gateway knows."""
    payment = issued(iamport, sandbox=True, status="paid", paid_at=1, imp_uid="imp_1")
    assert payment["sandbox"] is False
    assert (payment["status"], payment["paid_at"]) == ("ready", 0)
    assert payment["imp_uid"] != "imp_1"


def test_the_due_date_and_the_amount_move(iamport: Iamport) -> None:
    """PUT, either or both; everything else stays."""
    before = issued(iamport)
    path = f"/vbanks/{before['imp_uid']}"
    due = before["vbank_date"] + 5 * DAY
    after = iamport.call("PUT", path, json={"vbank_due": due}).json()["response"]
    assert after == {**before, "vbank_date": due}
    after = iamport.call("PUT", path, data={"amount": "70000"}).json()["response"]
    assert after == {**before, "vbank_date": due, "amount": 70_000}
    assert payment_of(iamport, before["imp_uid"]) == after


def test_a_moved_due_date_counts_for_the_expiry(iamport: Iamport) -> None:
    """Contract 9#20: with the switch on, it fails at the new date and not at the old one."""
    iamport.switch(vbank_expiry_fails=True)
    payment = issued(iamport)
    path = f"/vbanks/{payment['imp_uid']}"
    iamport.call("PUT", path, json={"vbank_due": payment["vbank_date"] + DAY})
    iamport.advance(DAY + DAY // 2)
    iamport.sign_in()
    assert payment_of(iamport, payment["imp_uid"])["status"] == "ready"
    iamport.advance(DAY)
    iamport.sign_in()
    assert iamport.call("PUT", path, json={"amount": 1}).status_code == 400
    assert payment_of(iamport, payment["imp_uid"])["status"] == "failed"


def test_revoked_shows_as_failed(iamport: Iamport, shop: Shop) -> None:
    """Contract 2.9, 9#21: DELETE, without a webhook; no deposit comes after it."""
    imp_uid = issued(iamport)["imp_uid"]
    iamport.flush()
    shop.heard.clear()
    # PHP's client writes both slashes.
    after = iamport.call("DELETE", f"/vbanks//{imp_uid}").json()["response"]
    assert (after["status"], after["fail_reason"]) == ("failed", "가상계좌가 말소되었습니다.")
    assert after["failed_at"] > 0
    assert after == payment_of(iamport, imp_uid)
    answer = iamport.post(f"/_sandbox/payments/{imp_uid}/deposit", {})
    assert answer.status_code == 409
    iamport.flush()
    assert shop.heard == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_what_waits_can_be_changed(iamport: Iamport, method: str) -> None:
    """Contract 2.9: 404 for an unknown id; 400 if it is no virtual account, or not ready."""
    body = {"vbank_due": iamport.now() + DAY}
    others = [iamport.pay(outcome=outcome)["imp_uid"] for outcome in ("paid", "ready", "failed")]
    deposited = iamport.pay(pay_method="vbank")["imp_uid"]
    assert iamport.call(method, "/vbanks/imp_1", json=body).status_code == 404
    for imp_uid in (*others, deposited):
        before = payment_of(iamport, imp_uid)
        answer = iamport.call(method, f"/vbanks/{imp_uid}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, -1)
        assert payment_of(iamport, imp_uid) == before


def test_put_without_anything_to_change(iamport: Iamport) -> None:
    """400 for nothing, code 1 for a date that has passed."""
    imp_uid = issued(iamport)["imp_uid"]
    assert iamport.call("PUT", f"/vbanks/{imp_uid}", json={}).status_code == 400
    answer = iamport.call("PUT", f"/vbanks/{imp_uid}", json={"vbank_due": 1_700_000_000})
    assert (answer.status_code, answer.json()["code"]) == (200, 1)


def test_a_deposit_and_revocations_at_once(iamport: Iamport) -> None:
    """One of them wins; the payment never is both."""
    imp_uid = issued(iamport)["imp_uid"]
    paths = [("DELETE", f"/vbanks/{imp_uid}")] * 4
    paths += [("POST", f"/_sandbox/payments/{imp_uid}/deposit")] * 4
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda call: (call[0], iamport.call(*call, json={}).status_code), paths)
        )
    (winner,) = [method for method, status in statuses if status == 200]
    status = payment_of(iamport, imp_uid)["status"]
    assert status == ("failed" if winner == "DELETE" else "paid")


def test_hidden_for_the_first_seconds(iamport: Iamport) -> None:
    """Contract 9#35: the delay after which a payment can be looked up is for these too."""
    iamport.switch(visible_delay=60)
    imp_uid = issued(iamport)["imp_uid"]
    assert iamport.get(f"/payments/{imp_uid}").status_code == 404
    iamport.advance(61)
    assert iamport.get(f"/payments/{imp_uid}").status_code == 200
