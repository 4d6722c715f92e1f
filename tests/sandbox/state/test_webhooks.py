"""Contract 5: webhooks."""

import socket
import time
from collections.abc import Callable

import pytest

from tests.sandbox.conftest import Iamport, Shop


def statuses(shop: Shop) -> list[str]:
    return [body["status"] for body in shop.bodies]


def test_paid(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: approval; imp_uid, merchant_uid, status and nothing else (contract 9#19)."""
    payment = iamport.pay()
    iamport.flush()
    assert shop.heard == [
        {
            "path": "/hook",
            "content_type": "application/json",
            "body": {
                "imp_uid": payment["imp_uid"],
                "merchant_uid": "order-1",
                "status": "paid",
            },
        }
    ]


def test_vbank_issued_and_deposit(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: account issued is `ready`, the deposit `paid`."""
    imp_uid = iamport.pay(outcome="vbank")["imp_uid"]
    iamport.flush()
    iamport.control("POST", f"payments/{imp_uid}/deposit")
    iamport.flush()
    assert statuses(shop) == ["ready", "paid"]


def test_never_on_failure_or_abandoned_window(iamport: Iamport, shop: Shop) -> None:
    """Contract 5, 9#21: payment failure, abandoned window, revoked account: not sent."""
    iamport.pay(outcome="failed")
    iamport.pay(outcome="ready")
    imp_uid = iamport.pay(outcome="vbank", webhook=False)["imp_uid"]
    iamport.control("POST", f"payments/{imp_uid}/fail")
    iamport.flush()
    assert shop.heard == []


def test_api_cancel_only_with_enable_webhook(iamport: Iamport, shop: Shop) -> None:
    """Contract 2.7, 5: default false; then with a cancellation_id."""
    imp_uid = iamport.pay(webhook=False)["imp_uid"]
    iamport.post("/payments/cancel", {"imp_uid": imp_uid, "amount": 100})
    iamport.flush()
    assert shop.heard == []
    body = {"imp_uid": imp_uid, "enable_webhook": True}
    after = iamport.post("/payments/cancel", body).json()["response"]
    iamport.flush()
    assert shop.bodies == [
        {
            "imp_uid": imp_uid,
            "merchant_uid": "order-1",
            "status": "cancelled",
            "cancellation_id": after["cancel_history"][1]["cancellation_id"],
        }
    ]


def test_console_cancel(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: a console cancel sends one; contract 3.3: its reason is 관리자페이지취소."""
    imp_uid = iamport.pay(webhook=False)["imp_uid"]
    after = iamport.control("POST", f"payments/{imp_uid}/cancel", {"amount": 300})
    iamport.flush()
    assert after["cancel_reason"] == "관리자페이지취소"
    assert after["cancel_amount"] == 300
    cancellation_id = after["cancel_history"][0]["cancellation_id"]
    assert [body["cancellation_id"] for body in shop.bodies] == [cancellation_id]


def test_form_bodies(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: application/json or application/x-www-form-urlencoded."""
    iamport.switch(webhook_content_type="application/x-www-form-urlencoded")
    imp_uid = iamport.pay()["imp_uid"]
    iamport.flush()
    assert shop.heard[0]["content_type"] == "application/x-www-form-urlencoded"
    assert shop.bodies[0] == {"imp_uid": imp_uid, "merchant_uid": "order-1", "status": "paid"}


def test_notice_url_instead_of_the_console_url(iamport: Iamport, shop: Shop) -> None:
    """Contract 4.6: overrides, several allowed; contract 9#34: a cancel goes to the console URL."""
    urls = [f"{shop.url}/one", f"{shop.url}/two"]
    imp_uid = iamport.pay(notice_url=urls)["imp_uid"]
    iamport.flush()
    assert sorted(request["path"] for request in shop.heard) == ["/one", "/two"]
    iamport.control("POST", f"payments/{imp_uid}/cancel")
    iamport.flush()
    assert shop.heard[-1]["path"] == "/hook"


def test_one_try_by_default(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: exactly one send."""
    shop.status = 503
    iamport.pay()
    iamport.flush()
    (entry,) = iamport.webhooks()
    assert (entry["outcome"], entry["status"], entry["attempt"]) == ("refused", 503, 1)


def test_retries_when_switched_on(iamport: Iamport, shop: Shop) -> None:
    """Contract 5, 9#17: on 5xx, five re-sends, one minute apart on the sandbox's clock."""
    iamport.switch(webhook_retries=True)
    shop.status = 500
    iamport.pay()
    wait_for(lambda: len(iamport.webhooks()) == 2)
    assert len(shop.heard) == 1
    iamport.advance(60)
    wait_for(lambda: len(shop.heard) == 2)
    iamport.flush()
    assert len(shop.heard) == 6
    assert [entry["attempt"] for entry in iamport.webhooks()] == [1, 2, 3, 4, 5, 6]


def test_retry_on_a_network_error(iamport: Iamport, shop: Shop) -> None:
    """Contract 9#17: retry on network error."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    iamport.switch(webhook_retries=True, webhook_url=f"http://127.0.0.1:{port}/")
    iamport.pay()
    iamport.flush()
    assert [entry["outcome"] for entry in iamport.webhooks()] == ["error"] * 6


@pytest.mark.parametrize("status", [400, 404, 302])
def test_no_retry_on_4xx_or_redirect(iamport: Iamport, shop: Shop, status: int) -> None:
    """Contract 5, 9#33: 4xx is not retried; redirects are not followed and count as failure."""
    iamport.switch(webhook_retries=True)
    shop.status, shop.headers = status, {"Location": f"{shop.url}/elsewhere"}
    iamport.pay()
    iamport.flush()
    assert [entry["outcome"] for entry in iamport.webhooks()] == ["refused"]
    assert [request["path"] for request in shop.heard] == ["/hook"]


def test_manual_resend(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: console log → re-send: to the URL stored then, the same body, maybe stale."""
    imp_uid = iamport.pay(outcome="vbank", notice_url=f"{shop.url}/then")["imp_uid"]
    iamport.flush()
    iamport.control("POST", f"payments/{imp_uid}/webhook")
    iamport.flush()
    assert [request["path"] for request in shop.heard] == ["/then", "/then"]
    assert shop.bodies[0] == shop.bodies[1]


def test_resend_of_a_webhook_that_was_never_sent(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: without a log entry the present state is sent."""
    imp_uid = iamport.pay(webhook=False)["imp_uid"]
    iamport.control("POST", f"payments/{imp_uid}/webhook")
    iamport.flush()
    assert statuses(shop) == ["paid"]


def test_lost(iamport: Iamport, shop: Shop) -> None:
    """Contract 9.1: dropped, but in the log."""
    iamport.switch(webhook_lost=True)
    iamport.pay()
    iamport.flush()
    assert shop.heard == []
    assert [entry["outcome"] for entry in iamport.webhooks()] == ["lost"]


def test_doubled(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: duplicates possible."""
    iamport.switch(webhook_doubled=True)
    iamport.pay()
    iamport.flush()
    assert len(shop.bodies) == 2
    assert shop.bodies[0] == shop.bodies[1]


def test_late(iamport: Iamport, shop: Shop) -> None:
    """Contract 9.1: a late webhook comes when its time on the sandbox's clock has come."""
    iamport.switch(webhook_late=600)
    iamport.pay()
    assert [entry["outcome"] for entry in iamport.webhooks()] == ["waiting"]
    assert shop.heard == []
    iamport.advance(601)
    wait_for(lambda: bool(shop.heard))


def test_body_may_be_stale(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: `ready` delivered after the deposit."""
    iamport.switch(webhook_late=600)
    imp_uid = iamport.pay(outcome="vbank")["imp_uid"]
    iamport.switch(webhook_late=0)
    iamport.control("POST", f"payments/{imp_uid}/deposit")
    wait_for(lambda: statuses(shop) == ["paid"])
    iamport.flush()
    assert statuses(shop) == ["paid", "ready"]


def test_forged(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: the URL is public: any body, any content type."""
    sent = iamport.control("POST", "webhooks", {"body": {"imp_uid": "imp_1", "status": "paid"}})
    assert (sent["outcome"], sent["status"], sent["answer"]) == ("delivered", 200, "ok")
    assert shop.bodies == [{"imp_uid": "imp_1", "status": "paid"}]
    raw = {"url": f"{shop.url}/other", "body": "not json", "content_type": "text/plain"}
    iamport.control("POST", "webhooks", raw)
    assert shop.heard[-1] == {"path": "/other", "content_type": "text/plain", "body": "not json"}


def test_log_names_everything(iamport: Iamport, shop: Shop) -> None:
    """Contract 9.1: url, body, content type, response status, time."""
    imp_uid = iamport.pay()["imp_uid"]
    iamport.flush()
    (entry,) = iamport.webhooks()
    assert entry["url"] == f"{shop.url}/hook"
    assert entry["body"]["imp_uid"] == entry["imp_uid"] == imp_uid
    assert entry["content_type"] == "application/json"
    assert (entry["event"], entry["outcome"], entry["status"]) == ("paid", "delivered", 200)


def test_without_a_url_nothing_is_sent(iamport: Iamport) -> None:
    """Contract 5: one endpoint URL set in the console, or none."""
    iamport.pay()
    assert iamport.webhooks() == []


def test_webhook_is_not_awaited(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: the gateway fires it and answers the browser without waiting."""
    iamport.switch(webhook_late=3600)
    imp_uid = iamport.open_window()["imp_uid"]
    assert iamport.press(imp_uid, "approve")["result"]["success"] is True
    assert shop.heard == []


def test_webhook_first(iamport: Iamport, shop: Shop) -> None:
    """Contract 5: opt-in: the webhook is answered before the browser returns."""
    iamport.switch(webhook_first=True)
    imp_uid = iamport.open_window()["imp_uid"]
    iamport.press(imp_uid, "approve")
    assert statuses(shop) == ["paid"]


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
