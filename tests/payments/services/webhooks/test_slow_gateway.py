"""While the gateway is slow or silent a delivery is stored, answered, and looked at by a worker."""

import json
import threading
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from payments import gateway
from payments.gateway.breaker import SILENCES
from payments.iamport import Unavailable
from payments.models import Payment, WebhookDelivery
from payments.services.webhooks import RetryResult, attempts, retry_failed
from payments.services.webhooks.store import FIRST_LOOK
from tests.gateway import SandboxGateway
from tests.responses import ClientResponse


@pytest.fixture(autouse=True)
def web(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """This process serves pages."""
    monkeypatch.setattr(gateway, "_serves_pages", True)


def post(payment: Payment, imp_uid: str) -> ClientResponse:
    body = {"imp_uid": imp_uid, "merchant_uid": payment.merchant_uid, "status": "paid"}
    response: ClientResponse = Client().post(
        "/webhooks/iamport/", json.dumps(body), content_type="application/json"
    )
    return response


def later(delivery: WebhookDelivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's next look."""
    assert (delivery.outcome, delivery.attempts) == ("received", 0)
    monkeypatch.setattr(gateway, "_serves_pages", False)
    gateway._breaker.cache_clear()
    gateway._client.cache_clear()
    assert retry_failed(now=timezone.now() + FIRST_LOOK, seconds=60) == RetryResult(settled=1)
    delivery.refresh_from_db()
    assert delivery.outcome == "applied"


def test_one_that_finds_the_gateway_silent_is_not_looked_at_here(
    payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    sandbox.fault("status", status=500)
    for _number in range(SILENCES):
        with pytest.raises(Unavailable):
            gateway.client().payment(paid["imp_uid"])
    calls = sandbox.calls()["total"]
    assert post(payment, paid["imp_uid"]).status_code == 200
    assert sandbox.calls()["total"] == calls
    sandbox.heal()
    later(WebhookDelivery.objects.get(), monkeypatch)


def test_one_that_finds_every_place_taken_does_not_wait(
    payment: Payment, sandbox: SandboxGateway, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    settings.IAMPORT_CALLS_AT_ONCE = 1
    gateway._breaker.cache_clear()
    taken, over = threading.Event(), threading.Event()

    def hold() -> None:
        with gateway.slot():
            taken.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        assert post(payment, paid["imp_uid"]).status_code == 200
        assert payment.events.filter(kind="paid").count() == 0
    finally:
        over.set()
        thread.join()
    later(WebhookDelivery.objects.get(), monkeypatch)


def test_of_many_at_once_one_is_looked_into_and_the_rest_left_to_a_worker(
    payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    with attempts._looking:
        assert post(payment, paid["imp_uid"]).status_code == 200
    later(WebhookDelivery.objects.get(), monkeypatch)
