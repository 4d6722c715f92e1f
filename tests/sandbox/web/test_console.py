"""The console at / and /console: what a person can look at and press."""

import re
from typing import Any

import pytest

from tests.sandbox.conftest import Iamport, Shop

PAGES = ["/", "/console", "/console/webhooks", "/console/switches", "/window"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_inline_script_or_style(iamport: Iamport, path: str) -> None:
    """Own static files only, and a policy that holds the browser to it."""
    iamport.pay(name="<script>alert(1)</script>")
    answer = iamport.get(path)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in answer.text
    assert "<style" not in answer.text
    assert "style=" not in answer.text
    assert "onclick" not in answer.text


def test_list_pages_by_key(iamport: Iamport) -> None:
    """Fifty a page, newest first."""
    body = [{"merchant_uid": f"m{n:03}", "amount": 1} for n in range(120)]
    iamport.control("POST", "payments", body)
    first = iamport.get("/").text
    assert "m119" in first
    assert "m069" not in first
    older = first.split("before=")[1].split('"')[0].split("&")[0]
    second = iamport.get("/", before=older).text
    assert "m069" in second
    assert "m070" not in second


def test_search(iamport: Iamport) -> None:
    """By imp_uid or merchant_uid."""
    iamport.pay("needle")
    iamport.pay("hay")
    page = iamport.get("/", q="needle").text
    assert "needle" in page
    assert ">hay<" not in page
    assert "찾는 결제가 없습니다" in iamport.get("/", q="nothing").text


def test_deposit_and_cancel_by_hand(iamport: Iamport, shop: Shop) -> None:
    """Contract 3.2, 5: a deposit and a console cancel, each with its webhook."""
    imp_uid = iamport.pay(outcome="vbank", amount=1000, webhook=False)["imp_uid"]
    page = f"/console/payments/{imp_uid}"
    assert "입금하기" in iamport.get(page).text
    iamport.call("POST", f"{page}/deposit")
    iamport.call("POST", f"{page}/cancel", data={"amount": "300"})
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert (payment["status"], payment["cancel_amount"]) == ("cancelled", 300)
    assert payment["cancel_reason"] == "관리자페이지취소"
    iamport.call("POST", f"{page}/webhook")
    iamport.flush()
    assert sorted(body["status"] for body in shop.bodies) == ["cancelled", "cancelled", "paid"]
    assert "부분취소" in iamport.get(page).text
    assert "전달됨" in iamport.get("/console/webhooks").text


@pytest.mark.parametrize("amount", ["9999", "-5", "many"])
def test_bad_cancel_is_shown(iamport: Iamport, amount: str) -> None:
    """A refusal is a message on the page, and nothing is cancelled."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    answer = iamport.call("POST", f"/console/payments/{imp_uid}/cancel", data={"amount": amount})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["status"] == "paid"


def test_faults_and_switches(iamport: Iamport) -> None:
    """Faults on and off, settings saved."""
    iamport.call("POST", "/console/faults", data={"preset": "503 오류"})
    assert iamport.get("/payments/status/all").status_code == 503
    (fault,) = iamport.control("GET", "faults")
    iamport.call("POST", "/console/faults/off", data={"id": fault["id"]})
    assert iamport.get("/payments/status/all").status_code == 200
    form = {"webhook_url": "http://127.0.0.1:9/", "webhook_late": "2.5", "webhook_lost": "on"}
    iamport.call("POST", "/console/switches", data=form)
    settings = iamport.control("GET", "settings")
    assert settings["webhook_url"] == "http://127.0.0.1:9/"
    assert (settings["webhook_late"], settings["webhook_lost"]) == (2.5, True)
    assert settings["token_extension"] is False
    assert iamport.call("POST", "/console/switches", data={"webhook_url": "x"}).status_code == 400


def test_every_button_puts_its_fault_on(iamport: Iamport) -> None:
    """And shows it as on; every kind that can be put on can be chosen in the form."""
    page = iamport.get("/console/switches").text
    buttons = re.findall(r'name="preset" value="([^"]+)"', page)
    assert len(buttons) > 20
    for button in buttons:
        iamport.call("POST", "/console/faults", data={"preset": button})
    faults = iamport.control("GET", "faults")
    assert len(faults) == len(buttons)
    refusal = iamport.post("/_sandbox/faults", {"kind": "?"}).json()["error"]
    kinds = set(refusal.removeprefix("must be one of ").split(", "))
    assert set(re.findall(r"<option>(\w+)</option>", page)) == kinds
    assert {fault["kind"] for fault in faults} == kinds
    shown = iamport.get("/console/switches").text
    assert all(f"{kind} 장애 끄기" in shown for kind in kinds)


def test_a_fault_of_ones_own(iamport: Iamport) -> None:
    """The form knows each field; a bad one is a message on the page."""
    form = {
        "kind": "status",
        "method": "GET",
        "path": "/payments/status/",
        "page": "2",
        "times": "3",
        "status": "400",
        "seconds": "",
        "bytes": "",
        "rows": "",
    }
    iamport.call("POST", "/console/faults", data=form)
    (fault,) = iamport.control("GET", "faults")
    wanted = {"kind": "status", "path": "/payments/status/", "page": 2, "times": 3, "status": 400}
    assert wanted.items() <= fault.items()
    iamport.call("POST", "/console/faults", data={"kind": "drip", "seconds": "0.5"})
    assert iamport.control("GET", "faults")[1]["seconds"] == 0.5
    for bad in ({"kind": "drip", "seconds": "slow"}, {"kind": "none"}, {}):
        answer = iamport.call("POST", "/console/faults", data=bad)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert len(iamport.control("GET", "faults")) == 2


def test_every_setting_is_on_the_page(iamport: Iamport) -> None:
    """What can be set can be set by hand."""
    page = iamport.get("/console/switches").text
    for name in iamport.control("GET", "settings"):
        assert f'name="{name}"' in page
    form = {"visible_delay": "3", "cancel_refusal_status": "400", "webhook_late": ""}
    iamport.call("POST", "/console/switches", data=form)
    settings = iamport.control("GET", "settings")
    assert (settings["visible_delay"], settings["cancel_refusal_status"]) == (3, 400)
    bad = iamport.call("POST", "/console/switches", data={"cancel_refusal_status": "7"})
    assert bad.status_code == 400


def test_a_dated_cancel_and_taking_it_back_by_hand(iamport: Iamport) -> None:
    """In Korean time; the page offers each refund to be taken back."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    page = f"/console/payments/{imp_uid}"
    form = {"amount": "300", "cancelled_at": "2026-01-02T03:04:05"}
    iamport.call("POST", f"{page}/cancel", data=form)
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    (entry,) = payment["cancel_history"]
    assert (payment["cancelled_at"], entry["cancelled_at"]) == (1_767_290_645, 1_767_290_645)
    text = iamport.get(page).text
    assert "2026-01-02 03:04:05 300원 취소 되돌리기" in text
    (cancellation_id,) = re.findall(r'name="cancellation_id" value="(\w+)"', text)
    assert cancellation_id == entry["cancellation_id"]
    iamport.call("POST", f"{page}/take-back", data={"cancellation_id": cancellation_id})
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["status"] == "paid"
    for action, data in (("take-back", {}), ("cancel", {"cancelled_at": "soon"})):
        assert iamport.call("POST", f"{page}/{action}", data=data).status_code == 409


def test_unknown_payment(iamport: Iamport) -> None:
    """404, not a traceback."""
    assert iamport.get("/console/payments/imp_1").status_code == 404


def test_odd_payments_do_not_break_the_pages(iamport: Iamport) -> None:
    """Contract 9.1: null/0 field variants, unknown pay_method and status."""
    fields: dict[str, Any] = dict.fromkeys(["status", "amount", "currency", "paid_at", "name"])
    fields |= {"cancel_amount": "x", "cancel_history": None, "started_at": "y"}
    imp_uid = iamport.pay(fields=fields)["imp_uid"]
    for path in ("/", f"/console/payments/{imp_uid}", f"/console/receipts/{imp_uid}"):
        assert iamport.get(path).status_code == 200
