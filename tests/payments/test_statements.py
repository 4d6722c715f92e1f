"""How many statements the busiest doors make: a checkout's start and end, and a webhook.

Beginning and ending a transaction is not counted, nor what a process does at most once a second
however many knock: its clock and the gateway's state, shared with other processes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import DeliveryOutcome, Movement, Payment, Product, WebhookDelivery
from payments.states import EventKind
from tests.gateway import SandboxGateway

FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
ONCE_A_SECOND = ("payments_gatewaystate", "payments_clockcomparison")
START = {"product": "premium", "pay_method": "card", "buyer_tel": "010-1234-5678"}


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """The block makes no more statements than this."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"] for query in captured.captured_queries]
    counted = [
        sql
        for sql in made
        if not sql.startswith(FRAME) and not any(name in sql for name in ONCE_A_SECOND)
    ]
    assert len(counted) <= count, "\n".join(sql[:160] for sql in counted)


@pytest.fixture
def browser(client: Client, customer: User, product: Product, sandbox: SandboxGateway) -> Client:
    """The customer's, signed in, with one order made before."""
    client.force_login(customer)
    start(client, "an order before")
    return client


def post(client: Client, path: str, body: dict[str, str]) -> dict[str, str]:
    response = client.post(path, json.dumps(body), content_type="application/json")
    assert response.status_code == 200, response.content
    answer: dict[str, str] = response.json()
    return answer


def start(client: Client, key: str) -> Payment:
    post(client, "/checkout/start/", START | {"checkout_key": key})
    return Payment.objects.get(checkout_key=key)


def ids(payment: Payment, sandbox: SandboxGateway) -> dict[str, str]:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    return {"imp_uid": paid["imp_uid"], "merchant_uid": payment.merchant_uid}


def test_an_order_starts_with_ten_statements(browser: Client) -> None:
    with at_most(10):
        post(browser, "/checkout/start/", START | {"checkout_key": "this one"})
    events = Payment.objects.get(checkout_key="this one").events.order_by("sequence")
    expected = [EventKind.ORDERED, EventKind.PREPARE_ASKED, EventKind.PREPARED]
    assert list(events.values_list("kind", flat=True)) == expected


def test_a_payment_is_completed_with_thirteen(browser: Client, sandbox: SandboxGateway) -> None:
    payment = start(browser, "this one")
    body = ids(payment, sandbox)
    with at_most(13):
        assert post(browser, "/checkout/complete/", body)["status"] == "paid"
    assert Movement.objects.get(payment=payment).amount == payment.amount


def test_a_webhook_that_moves_money_makes_ten_and_one_without_news_six(
    browser: Client, sandbox: SandboxGateway
) -> None:
    payment = start(browser, "this one")
    body = ids(payment, sandbox) | {"status": "paid"}
    with at_most(10):
        assert post(browser, "/webhooks/iamport/", body)["outcome"] == DeliveryOutcome.APPLIED
    payment.refresh_from_db()
    assert payment.is_paid
    with at_most(6):
        assert post(browser, "/webhooks/iamport/", body)["outcome"] == DeliveryOutcome.HARMLESS
    assert set(WebhookDelivery.objects.values_list("attempts", flat=True)) == {1}
