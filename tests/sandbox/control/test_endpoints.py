"""The control API: what tests and demos steer the sandbox with."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.conftest import Iamport


def test_health(iamport: Iamport) -> None:
    """Health says how many payments there are."""
    iamport.pay()
    assert iamport.control("GET", "health") == {"status": "ok", "payments": 1}


def test_reset_forgets_everything(iamport: Iamport) -> None:
    """Payments, prepares, faults, webhooks, clock, token, settings, calls."""
    iamport.pay()
    iamport.post("/payments/prepare", {"merchant_uid": "order-2", "amount": 1})
    iamport.fault("latency", seconds=0)
    iamport.advance(1000)
    iamport.switch(webhook_doubled=True)
    iamport.control("POST", "reset")
    assert iamport.get("/payments/status/all").status_code == 401
    iamport.sign_in()
    assert iamport.get("/payments/status/all").json()["response"]["total"] == 0
    assert iamport.get("/payments/prepare/order-2").status_code == 404
    assert iamport.control("GET", "faults") == []
    assert iamport.control("GET", "clock")["offset"] == 0
    assert iamport.control("GET", "settings")["webhook_doubled"] is False


def test_reset_can_keep_the_settings(iamport: Iamport) -> None:
    """keep_settings: the webhook URL stays."""
    iamport.switch(webhook_url="http://127.0.0.1:9/")
    iamport.control("POST", "reset", {"keep_settings": True})
    assert iamport.control("GET", "settings")["webhook_url"] == "http://127.0.0.1:9/"


def test_bulk_in_one_transaction(iamport: Iamport) -> None:
    """An array makes all or nothing."""
    body = [{"merchant_uid": f"m{n}", "amount": 1, "webhook": False} for n in range(3000)]
    answer = iamport.post("/_sandbox/payments?answer=count", body)
    assert (answer.status_code, answer.json()) == (201, {"created": 3000})
    answer = iamport.post("/_sandbox/payments", [*body, {"merchant_uid": "x"}])
    assert (answer.status_code, answer.json()["field"]) == (400, "[3000].amount")
    assert iamport.control("GET", "health")["payments"] == 3000


def test_times_and_ids_can_be_given(iamport: Iamport) -> None:
    """imp_uid and the times are taken as they are."""
    given: dict[str, Any] = {
        "imp_uid": "imp_test",
        "started_at": 1_700_000_000,
        "paid_at": 1_700_000_020,
    }
    payment = iamport.pay(**given)
    assert {name: payment[name] for name in given} == given
    answer = iamport.post("/_sandbox/payments", {"merchant_uid": "x", "amount": 1, **given})
    assert (answer.status_code, answer.json()["field"]) == (409, "imp_uid")


def test_cancelled_outcome(iamport: Iamport) -> None:
    """A partly cancelled payment at a given time."""
    at = iamport.now() - 50
    payment = iamport.pay(outcome="cancelled", cancel_amount=300, cancelled_at=at)
    assert (payment["status"], payment["cancel_amount"]) == ("cancelled", 300)
    assert payment["cancelled_at"] == payment["cancel_history"][0]["cancelled_at"] == at
    assert payment["started_at"] <= payment["paid_at"] <= at


def test_raw_fields(iamport: Iamport) -> None:
    """Contract 9.1: null/0 variants, unknown pay_method and status."""
    fields = {"status": "melted", "pay_method": "shells", "card_quota": None, "new": [1]}
    imp_uid = iamport.pay(fields=fields)["imp_uid"]
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert {name: payment[name] for name in fields} == fields
    iamport.control("PATCH", f"payments/{imp_uid}", {"merchant_uid": "other", "amount": 1})
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert (payment["merchant_uid"], payment["amount"]) == ("other", 1)
    assert iamport.get("/payments/find/order-1").status_code == 200


def test_prepare_is_checked_unless_told_not_to(iamport: Iamport) -> None:
    """Contract 9.1: amount mismatch with and without prepare."""
    iamport.post("/payments/prepare", {"merchant_uid": "order-1", "amount": 500})
    body = {"merchant_uid": "order-1", "amount": 1000}
    answer = iamport.post("/_sandbox/payments", body)
    assert (answer.status_code, answer.json()["field"]) == (409, "amount")
    assert iamport.pay(ignore_prepare=True)["amount"] == 1000


def test_second_approval_and_two_vbanks_for_one_order(iamport: Iamport) -> None:
    """Contract 9.1: a second approval; contract, pitfall 19: two vbanks, both deposited."""
    accounts = [iamport.pay(outcome="vbank")["imp_uid"] for _ in range(2)]
    for imp_uid in accounts:
        iamport.control("POST", f"payments/{imp_uid}/deposit")
    iamport.pay()
    answer = iamport.get("/payments/findAll/order-1/paid").json()["response"]
    assert answer["total"] == 3


def test_late_deposit(iamport: Iamport) -> None:
    """Contract 9.1, 9#20: after the deadline it is still ready, and a deposit still counts."""
    imp_uid = iamport.pay(outcome="vbank")["imp_uid"]
    iamport.advance(31 * 86400)
    iamport.sign_in()
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["status"] == "ready"
    assert iamport.control("POST", f"payments/{imp_uid}/deposit")["status"] == "paid"


def test_vbank_expiry_mode(iamport: Iamport) -> None:
    """Contract 9#20: optional mode → failed, at the deadline, no webhook."""
    iamport.switch(vbank_expiry_fails=True)
    issued = iamport.pay(outcome="vbank")
    iamport.advance(31 * 86400)
    iamport.sign_in()
    payment = iamport.get(f"/payments/{issued['imp_uid']}").json()["response"]
    assert (payment["status"], payment["failed_at"]) == ("failed", issued["vbank_date"])


@pytest.mark.parametrize(
    ("outcome", "action"),
    [("paid", "deposit"), ("ready", "deposit"), ("ready", "cancel"), ("paid", "fail")],
)
def test_impossible_moves_are_409(iamport: Iamport, outcome: str, action: str) -> None:
    """Contract 3.2: never paid → failed, and so on."""
    imp_uid = iamport.pay(outcome=outcome)["imp_uid"]
    assert iamport.post(f"/_sandbox/payments/{imp_uid}/{action}", {}).status_code == 409


def test_unknown_payment_is_404(iamport: Iamport) -> None:
    """Control calls on a payment that is not there."""
    for action in ("deposit", "cancel", "fail", "webhook"):
        assert iamport.post(f"/_sandbox/payments/imp_1/{action}", {}).status_code == 404
    assert iamport.call("PATCH", "/_sandbox/payments/imp_1", json={}).status_code == 404
    assert iamport.call("DELETE", "/_sandbox/payments/imp_1").status_code == 404


def test_delete(iamport: Iamport) -> None:
    """The gateway forgets one payment."""
    imp_uid = iamport.pay()["imp_uid"]
    iamport.control("DELETE", f"payments/{imp_uid}")
    assert iamport.get(f"/payments/{imp_uid}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 1}, "merchant_uid"),
        ({"merchant_uid": "x"}, "amount"),
        ({"merchant_uid": "x", "amount": "y"}, "amount"),
        ({"merchant_uid": "x", "amount": -1}, "amount"),
        ({"merchant_uid": "x", "amount": 1, "outcome": "won"}, "outcome"),
        ({"merchant_uid": "x", "amount": 1, "paid_at": "now"}, "paid_at"),
        ({"merchant_uid": "x", "amount": 1, "sandbox": "no"}, "sandbox"),
        ({"merchant_uid": "x", "amount": 1, "cancel_amount": 2}, "cancel_amount"),
        ({"merchant_uid": "x", "amount": 1, "fields": []}, "fields"),
        ({"merchant_uid": "x", "amount": 1, "notice_url": 5}, "notice_url"),
        ({"merchant_uid": "x", "amount": 1, "amuont": 2}, "amuont"),
        ("text", "body"),
    ],
)
def test_bad_payment_names_the_field(
    iamport: Iamport, body: dict[str, Any] | str, field: str
) -> None:
    """Bad control input gets HTTP 400 with JSON naming the field."""
    answer = iamport.post("/_sandbox/payments", body)
    assert answer.status_code == 400
    assert answer.json()["field"] in (field, "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"webhook_lost": 1}, "webhook_lost"),
        ({"webhook_late": -1}, "webhook_late"),
        ({"webhook_url": "ftp://x"}, "webhook_url"),
        ({"webhook_content_type": "text/xml"}, "webhook_content_type"),
        ({"cancel_refusal_status": 7}, "cancel_refusal_status"),
    ],
)
def test_bad_setting_changes_nothing(iamport: Iamport, body: dict[str, Any], field: str) -> None:
    """A refused setting names its field; none of the call's settings is taken."""
    before = iamport.control("GET", "settings")
    answer = iamport.post("/_sandbox/settings", {"webhook_doubled": True, **body})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert iamport.control("GET", "settings") == before


def test_clock(iamport: Iamport) -> None:
    """now, offset, advance, reset: the sandbox's own time."""
    for body, offset in (({"offset": 100}, 100), ({"advance": 50}, 150), ({"reset": True}, 0)):
        assert iamport.control("POST", "clock", body)["offset"] == offset
    assert iamport.control("POST", "clock", {"now": 2_000_000_000})["timestamp"] == 2_000_000_000
    assert iamport.pay()["paid_at"] in range(2_000_000_000, 2_000_000_005)


@pytest.mark.parametrize("body", [{}, {"now": "x"}, {"now": 1, "offset": 1}, {"then": 1}])
def test_bad_clock(iamport: Iamport, body: dict[str, Any]) -> None:
    """Bad control input is 400."""
    assert iamport.post("/_sandbox/clock", body).status_code == 400


def test_calls_are_counted_by_template(iamport: Iamport) -> None:
    """Benchmarks and tests count gateway calls; no secret is kept."""
    imp_uid = iamport.pay()["imp_uid"]
    iamport.control("DELETE", "calls")
    token = iamport.sign_in()
    iamport.get(f"/payments/{imp_uid}")
    iamport.get("/payments/imp_1", include_sandbox="true")
    calls = iamport.control("GET", "calls")
    assert calls["counts"] == {"POST /users/getToken": 1, "GET /payments/{imp_uid}": 2}
    assert calls["total"] == 3
    assert calls["recent"][-1]["path"] == "/payments/imp_1"
    assert calls["recent"][-1]["status"] == 404
    assert token not in str(calls)
    assert "sandbox_secret" not in str(calls)


def test_visible_delay(iamport: Iamport) -> None:
    """Contract 9#35: the payment shows right after the callback, or a little later by option."""
    iamport.switch(visible_delay=60)
    imp_uid = iamport.open_window()["imp_uid"]
    iamport.press(imp_uid, "approve")
    assert iamport.get(f"/payments/{imp_uid}").status_code == 404
    iamport.advance(61)
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["status"] == "paid"


@pytest.mark.parametrize("outcome", ["paid", "vbank"])
def test_visible_delay_of_what_a_test_makes(iamport: Iamport, outcome: str) -> None:
    """Contract 9#35: alone, in a batch and by order number; a deposit hides nothing again."""
    iamport.switch(visible_delay=60)
    imp_uid = iamport.pay(outcome=outcome)["imp_uid"]
    paths = (f"/payments/{imp_uid}", f"/payments?imp_uid[]={imp_uid}", "/payments/findAll/order-1")
    assert [iamport.call("GET", path).status_code for path in paths] == [404] * 3
    iamport.advance(61)
    if outcome == "vbank":
        iamport.control("POST", f"payments/{imp_uid}/deposit")
    assert [iamport.call("GET", path).status_code for path in paths] == [200] * 3


def cancel(iamport: Iamport, imp_uid: str, **body: Any) -> Any:
    return iamport.control("POST", f"payments/{imp_uid}/cancel", body)


def test_a_cancel_dated_by_the_caller(iamport: Iamport) -> None:
    """A PG that tells of its refunds days later: listed by that day, in the history by its time."""
    now = iamport.now()
    paid_at = now - 10 * 86400
    imp_uid = iamport.pay(amount=1000, paid_at=paid_at)["imp_uid"]
    cancel(iamport, imp_uid, amount=100, cancelled_at=now - 86400, reason="둘째")
    after = cancel(iamport, imp_uid, amount=200, cancelled_at=now - 5 * 86400, reason="첫째")
    assert [entry["amount"] for entry in after["cancel_history"]] == [200, 100]
    assert (after["cancelled_at"], after["cancel_reason"]) == (now - 86400, "둘째")
    window = {"from": now - 86400, "to": now - 86400}
    listed = iamport.get("/payments/status/cancelled", **window).json()["response"]
    assert [payment["imp_uid"] for payment in listed["list"]] == [imp_uid]
    bad = iamport.post(f"/_sandbox/payments/{imp_uid}/cancel", {"cancelled_at": "yesterday"})
    assert (bad.status_code, bad.json()["field"]) == (400, "cancelled_at")


def test_a_cancel_taken_back(iamport: Iamport) -> None:
    """Its entry and its amount are gone; without any other, the payment is as it was paid."""
    paid = iamport.pay(amount=1000)
    imp_uid, path = paid["imp_uid"], f"payments/{paid['imp_uid']}/take-back"
    first = cancel(iamport, imp_uid, amount=100, reason="첫째")
    cancel(iamport, imp_uid, amount=200)
    left = iamport.control(
        "POST", path, {"cancellation_id": first["cancel_history"][0]["cancellation_id"]}
    )
    assert (left["status"], left["cancel_amount"]) == ("cancelled", 200)
    assert [entry["amount"] for entry in left["cancel_history"]] == [200]
    assert iamport.control("POST", path) == paid
    assert iamport.get(f"/payments/{imp_uid}").json()["response"] == paid
    assert iamport.get("/payments/status/cancelled").json()["response"]["total"] == 0
    assert iamport.get("/payments/status/paid").json()["response"]["total"] == 1


def test_what_can_not_be_taken_back(iamport: Iamport) -> None:
    """409 where nothing was refunded, or not by that id; it may be refunded again after."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    path = f"/_sandbox/payments/{imp_uid}/take-back"
    assert iamport.post(path, {}).status_code == 409
    cancel(iamport, imp_uid)
    assert iamport.post(path, {"cancellation_id": "none"}).status_code == 409
    assert iamport.post(path, {"cancellation_id": 1}).status_code == 400
    assert iamport.post("/_sandbox/payments/imp_1/take-back", {}).status_code == 404
    assert iamport.post(path, {}).status_code == 200
    assert cancel(iamport, imp_uid)["cancel_amount"] == 1000


def test_taken_back_once_however_many_ask(iamport: Iamport) -> None:
    """Eight threads take the only refund back: one does, and the amounts stay right."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    cancel(iamport, imp_uid, amount=400)
    path = f"/_sandbox/payments/{imp_uid}/take-back"
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: iamport.post(path, {}).status_code, range(8)))
    assert sorted(statuses) == [200] + [409] * 7
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["cancel_amount"] == 0
