"""The page of one payment: facts, the order beside the gateway's answer, and everything since."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.selectors import admin_page
from payments.services import inbox
from payments.services.verification import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders

from .conftest import SignIn, page_of, text_of, verify_of


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def compared(page: str) -> dict[str, str]:
    """Field and verdict of each row of the comparison."""
    rows = page.split('id="comparison"')[1].split("</section>")[0].split("<tr")[2:]
    return {
        row.split('scope="row">')[1].split("<")[0]: row.split('class="badge ')[1].split(">")[1][:-6]
        for row in rows
    }


def test_the_facts_stand_in_groups(client: Client, customer: User, product: Product) -> None:
    payment = builders.refunded(
        customer, product, refund=9_000, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    )
    page = text_of(client.get(page_of(payment)))
    for text in (
        payment.merchant_uid,
        payment.imp_uid,
        "₩99,000",
        "₩9,000",
        "₩90,000",
        "Partly refunded",
        "30012345",
        "2026-04-01 00:30:00 KST",
        "customer@example.com",
    ):
        assert text in page


def test_an_order_and_an_answer_that_agree_have_nothing_marked(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.BROWSER)
    page = text_of(client.get(page_of(payment)))
    assert set(compared(page).values()) == {"same"}
    assert "Nothing contradicts." in page


def test_each_difference_is_marked_in_words(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    client.post(verify_of(payment))
    page = text_of(client.get(page_of(payment)))
    verdicts = compared(page)
    assert verdicts["Amount"] == "differs"
    assert verdicts["Status"] == "differs"
    assert verdicts["Order number"] == "same"
    # An open order is bound to no attempt yet.
    assert verdicts["PortOne payment id"] == "only at the gateway"
    assert "2 fields differ." in page
    assert "The amount differs" in page


def test_before_any_answer_the_page_says_so(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert "has not answered about this payment yet" in page
    assert "Press Re-verify to ask." in page


def test_the_timeline_tells_who_did_what_and_why_newest_first(
    client: Client, operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    client.post(verify_of(payment))
    page = text_of(client.get(page_of(payment)))
    timeline = page.split('id="timeline"')[1].split("</section>")[0]
    assert timeline.index("Paid</span>") < timeline.index("Asked the gateway")
    assert f"Staff · {operator}" in timeline
    assert "Not paid → Paid" in timeline
    assert "+₩99,000" in timeline
    assert "<details><summary>Gateway&#x27;s answer</summary>" in timeline or (
        "<details><summary>Gateway's answer</summary>" in timeline
    )


def test_what_a_stranger_wrote_is_shown_and_never_run(
    client: Client, customer: User, product: Product
) -> None:
    evil = "<script>alert(1)</script>"
    payment = builders.failed(customer, product, name=evil)
    body = json.dumps({"imp_uid": "imp_1", "merchant_uid": payment.merchant_uid, "status": evil})
    delivery = inbox.receive(body=body.encode(), content_type=evil, remote_address="203.0.113.9")
    for address in (
        page_of(payment),
        "/admin/payments/payment/",
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
    ):
        page = text_of(client.get(address))
        assert evil not in page
        assert "alert(1)" in page


def test_a_page_costs_the_same_after_years_of_questions(
    client: Client,
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    monkeypatch.setattr(admin_page, "MAX_EVENTS", 20)
    monkeypatch.setattr(admin_page, "MAX_DELIVERIES", 3)
    payment = builders.paid(customer, product)
    body = json.dumps({"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid})
    for _ in range(30):
        builders.found(payment, payment.verification)
        inbox.receive(body=body.encode(), content_type="application/json", remote_address=None)
    with django_assert_max_num_queries(12):
        page = text_of(client.get(page_of(payment)))
    assert page.count('class="line"') >= 20
    assert "12 older events are not shown." in page
    assert page.count("/admin/payments/webhookdelivery/") <= 3 + 2


def test_the_webhooks_of_this_payment_are_linked(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    body = json.dumps({"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid})
    delivery = inbox.receive(body=body.encode(), content_type="text/plain", remote_address=None)
    link = f"/admin/payments/webhookdelivery/{delivery.pk}/change/"
    assert link in text_of(client.get(page_of(payment)))


@pytest.mark.parametrize("who", ["viewer", "admin_person"])
def test_the_customer_is_a_link_for_those_who_may_see_people(
    request: pytest.FixtureRequest, customer: User, product: Product, sign_in: SignIn, who: str
) -> None:
    payment = builders.paid(customer, product)
    page = text_of(sign_in(request.getfixturevalue(who)).get(page_of(payment)))
    link = f'href="/admin/accounts/user/{customer.pk}/change/"'
    assert (link in page) is (who == "admin_person")
