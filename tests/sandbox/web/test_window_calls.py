"""Contract 4 without a browser: the calls of the window's script and the callback object."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import Iamport, Shop

REDIRECT = "https://shop.example/back?step=2#end"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_attempt_exists_while_the_window_is_open(iamport: Iamport) -> None:
    """Contract 3.2: a row exists from the window's opening, status ready."""
    imp_uid = iamport.open_window(name="책", buyer_name="김")["imp_uid"]
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert (payment["status"], payment["paid_at"], payment["buyer_name"]) == ("ready", 0, "김")


def test_approved_callback(iamport: Iamport) -> None:
    """Contract 4.4: success, imp_uid, paid_amount, status, card fields."""
    imp_uid = iamport.open_window()["imp_uid"]
    result = iamport.press(imp_uid, "approve")["result"]
    assert result["success"] is True
    assert (result["imp_uid"], result["merchant_uid"]) == (imp_uid, "order-1")
    assert (result["paid_amount"], result["status"], result["pg_type"]) == (1000, "paid", "payment")
    assert (result["error_code"], result["error_msg"]) == (None, None)
    assert result["apply_num"]
    assert isinstance(result["paid_at"], int)


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        ("decline", "failed", "거절"),
        ("give-up", "failed", "사용자가 결제를 취소하셨습니다"),
        ("close", "ready", "닫았습니다"),
    ],
)
def test_unhappy_callbacks(
    iamport: Iamport, shop: Shop, action: str, status: str, text: str
) -> None:
    """Contract 3.2, 4.4: declined and given up fail, closed stays ready; no success, no webhook."""
    imp_uid = iamport.open_window()["imp_uid"]
    result = iamport.press(imp_uid, action)["result"]
    assert (result["success"], result["imp_uid"], result["status"]) == (False, imp_uid, status)
    assert result["error_code"]
    assert text in result["error_msg"]
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert payment["status"] == status
    assert payment["fail_reason"] == (result["error_msg"] if status == "failed" else None)
    iamport.flush()
    assert shop.heard == []


def test_vbank_issue(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.4: success for a virtual account issued, status ready; webhook `ready`."""
    imp_uid = iamport.open_window(pay_method="vbank", vbank_due="20301231")["imp_uid"]
    result = iamport.press(imp_uid, "issue-vbank")["result"]
    assert (result["success"], result["status"]) == (True, "ready")
    assert result["vbank_num"]
    assert result["vbank_date"] == 1924959599  # 2030-12-31 23:59:59 KST
    iamport.flush()
    assert [body["status"] for body in shop.bodies] == ["ready"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2030-12-31", 1924959599),
        ("2030-12-31 10:00:00", 1924909200),
        ("20301231100000", 1924909200),
        ("203012311000", 1924909200),
    ],
)
def test_vbank_due_spellings(iamport: Iamport, text: str, seconds: int) -> None:
    """Contract 4.3: YYYY-MM-DD, YYYYMMDD, with a time, in KST."""
    imp_uid = iamport.open_window(pay_method="vbank", vbank_due=text)["imp_uid"]
    assert iamport.press(imp_uid, "issue-vbank")["result"]["vbank_date"] == seconds


def test_prepare_mismatch(iamport: Iamport) -> None:
    """Contract 2.1, 9#7: success false, imp_uid null, F-code, no payment row."""
    iamport.post("/payments/prepare", {"merchant_uid": "order-1", "amount": 500})
    result = iamport.open_window(amount=1000)["result"]
    assert (result["success"], result["imp_uid"]) == (False, None)
    assert result["error_code"].startswith("F")
    assert iamport.get("/payments/find/order-1").status_code == 404


def test_prepared_currency(iamport: Iamport) -> None:
    """Contract 2.1: a missing currency is not checked, a given one is."""
    iamport.post("/payments/prepare", {"merchant_uid": "order-1", "amount": 500})
    assert "imp_uid" in iamport.open_window(amount=500, currency="USD")
    body = {"merchant_uid": "order-1", "amount": 500, "currency": "KRW"}
    iamport.call("PUT", "/payments/prepare", json=body)
    assert iamport.open_window(amount=500, currency="USD")["blocked"] is True


def test_tamper_bypasses_prepare(iamport: Iamport) -> None:
    """Contract 9.1: amount mismatch with prepare: approved for another amount."""
    iamport.post("/payments/prepare", {"merchant_uid": "order-1", "amount": 1000})
    imp_uid = iamport.open_window(amount=1000)["imp_uid"]
    assert iamport.press(imp_uid, "tamper", amount=100)["result"]["paid_amount"] == 100
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["amount"] == 100


def test_vbank_is_never_approved_on_the_spot(iamport: Iamport) -> None:
    """Contract 3.2: issued, then deposited; tampering issues an account for another amount."""
    imp_uid = iamport.open_window(pay_method="vbank")["imp_uid"]
    assert iamport.post(f"/window/attempts/{imp_uid}/approve", {}).status_code == 409
    result = iamport.press(imp_uid, "tamper", amount=100)["result"]
    assert (result["status"], result["paid_amount"]) == ("ready", 100)


def test_approved_order_is_refused(iamport: Iamport) -> None:
    """Contract 4.4: F1002 with its text, imp_uid null."""
    iamport.pay()
    result = iamport.open_window()["result"]
    assert result == {
        "success": False,
        "imp_uid": None,
        "merchant_uid": "order-1",
        "error_code": "F1002",
        "error_msg": "이미 결제가 이루어진 거래건입니다.",
    }


def test_two_windows_of_one_order(iamport: Iamport) -> None:
    """Contract 9.1: refused before the window opens; two open windows can both be approved."""
    windows = [iamport.open_window()["imp_uid"] for _ in range(2)]
    assert len(set(windows)) == 2
    assert all(iamport.press(imp_uid, "approve")["result"]["success"] for imp_uid in windows)


def test_second_press_is_refused(iamport: Iamport) -> None:
    """Contract 3.2: never paid → failed; a new attempt is a new imp_uid."""
    imp_uid = iamport.open_window()["imp_uid"]
    iamport.press(imp_uid, "approve")
    answer = iamport.post(f"/window/attempts/{imp_uid}/decline", {})
    assert answer.status_code == 409
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["status"] == "paid"


@pytest.mark.parametrize(
    "params",
    [
        {"amount": "1000"},
        {"amount": 0},
        {"amount": None},
        {"amount": 10.5},
        {"amount": True},
        {"merchant_uid": "x" * 41},
    ],
)
def test_bad_parameters_fail_in_the_callback(iamport: Iamport, params: dict[str, Any]) -> None:
    """Contract 4.3: amount is a number (a string is an error source); merchant_uid ≤ 40."""
    result = iamport.open_window(**params)["result"]
    assert (result["success"], result["imp_uid"]) == (False, None)
    assert result["error_msg"]


def test_unknown_user_code(iamport: Iamport) -> None:
    """Contract 4.2: the user code names the shop."""
    body = {"user_code": "imp99999999", "params": {"merchant_uid": "a", "amount": 1}}
    answer = iamport.post("/window/attempts", body).json()
    assert (answer["blocked"], answer["result"]["success"]) == (True, False)


def test_test_channel(iamport: Iamport) -> None:
    """Contract 2.2: sandbox: true, hidden without include_sandbox."""
    imp_uid = iamport.open_window()["imp_uid"]
    iamport.press(imp_uid, "approve", test_channel=True)
    assert iamport.get(f"/payments/{imp_uid}").status_code == 404
    answer = iamport.get(f"/payments/{imp_uid}", include_sandbox="true").json()
    assert answer["response"]["sandbox"] is True


def test_callback_without_success(iamport: Iamport) -> None:
    """Contract 4.4: six PGs: only imp_uid, merchant_uid, error_code, error_msg."""
    iamport.switch(callback_drops_success=True)
    imp_uid = iamport.open_window()["imp_uid"]
    assert iamport.press(imp_uid, "approve")["result"] == {
        "imp_uid": imp_uid,
        "merchant_uid": "order-1",
    }
    imp_uid = iamport.open_window(merchant_uid="order-2")["imp_uid"]
    failed = iamport.press(imp_uid, "give-up")["result"]
    assert set(failed) == {"imp_uid", "merchant_uid", "error_code", "error_msg"}


def test_redirect_url(iamport: Iamport) -> None:
    """Contract 4.5, 9#18: appended to an existing query; imp_success switchable."""
    imp_uid = iamport.open_window(m_redirect_url=REDIRECT)["imp_uid"]
    url = iamport.press(imp_uid, "approve")["redirect_url"]
    assert url.startswith("https://shop.example/back?step=2&")
    assert url.endswith("#end")
    assert query_of(url) == {
        "step": "2",
        "imp_uid": imp_uid,
        "merchant_uid": "order-1",
        "imp_success": "true",
    }
    iamport.switch(redirect_sends_imp_success=False)
    plain = {"merchant_uid": "order-2", "m_redirect_url": "https://shop.example/back"}
    imp_uid = iamport.open_window(**plain)["imp_uid"]
    url = iamport.press(imp_uid, "decline")["redirect_url"]
    assert set(query_of(url)) == {"imp_uid", "merchant_uid", "error_code", "error_msg"}


def test_redirect_of_a_blocked_window(iamport: Iamport) -> None:
    """Contract 4.5: it fires when the window could not open, too."""
    iamport.pay()
    url = iamport.open_window(m_redirect_url=REDIRECT)["redirect_url"]
    assert query_of(url)["error_code"] == "F1002"
    assert query_of(url)["imp_success"] == "false"
    assert "imp_uid" not in query_of(url)


def test_notice_url_of_the_window(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.3: notice_url, text or list."""
    imp_uid = iamport.open_window(notice_url=f"{shop.url}/mine")["imp_uid"]
    iamport.press(imp_uid, "approve")
    iamport.flush()
    assert [request["path"] for request in shop.heard] == ["/mine"]


def test_confirm_process(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.6: POST imp_uid, merchant_uid, amount; only HTTP 200 lets the approval go on."""
    iamport.switch(confirm_process=True)
    imp_uid = iamport.open_window(confirm_url=f"{shop.url}/confirm")["imp_uid"]
    assert iamport.press(imp_uid, "approve")["result"]["success"] is True
    assert shop.heard[0]["body"] == {
        "imp_uid": imp_uid,
        "merchant_uid": "order-1",
        "amount": 1000,
    }


def test_confirm_refusal(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.6: the stated reason is stored in fail_reason."""
    iamport.switch(confirm_process=True)
    shop.status, shop.body = 400, '{"reason": "품절"}'.encode()
    window = {"merchant_uid": "order-2", "confirm_url": f"{shop.url}/confirm"}
    imp_uid = iamport.open_window(**window)["imp_uid"]
    result = iamport.press(imp_uid, "approve")["result"]
    assert (result["success"], result["status"]) == (False, "failed")
    assert result["error_msg"] == "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 품절)"
