"""The page of one payment: its head, who sees whom, the money that moved."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.admin.shared import personal_data
from payments.models import Payment, Product
from payments.services import notes, webhooks
from payments.services.open_orders import mark_failed
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    MARK_FAILED,
    SignIn,
    english,
    page_of,
    text_of,
    verify_of,
)
from tests.payments.conftest import start

from .pages import plain, rows, section

PERSONS: dict[str, Any] = {
    "buyer_name": "홍구매자님",
    "buyer_tel": "010-1234-5678",
    "depositor_name": "김입금자님",
}


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


# --- The head -------------------------------------------------------------------------------


def test_the_head_says_what_it_is_and_how_much(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.refunded(
        customer, product, refund=9_000, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    )
    page = text_of(client.get(page_of(payment)))
    head = plain(page.split('<header class="payment-head">')[1].split("</header>")[0])
    for text in (payment.merchant_uid, "₩99,000", "₩9,000", "₩90,000", "Partly refunded", "Agrees"):
        assert text in head
    for text in (
        str(payment.imp_uid),
        "30012345",
        "2026-04-01 00:30:00 KST",
        "2026-03-31 15:30:00 UTC",
    ):
        assert text in page


def test_an_order_without_money_has_no_net(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert page.count("<dt>", page.index("figures"), page.index("</dl>")) == 1


def test_what_only_the_state_forbids_says_why(
    client: Client, customer: User, product: Product
) -> None:
    link, why = f"{MARK_FAILED}?id=", english(mark_failed.NOT_OPEN)
    open_page = text_of(client.get(page_of(builders.ordered(customer, product))))
    paid_page = text_of(client.get(page_of(builders.paid(customer, product))))
    assert [link in open_page, why in open_page] == [True, False]
    assert [link in paid_page, why in paid_page] == [False, True]


def test_who_may_only_look_is_told_so_and_finds_no_button(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.ordered(customer, product)
    page = text_of(sign_in(viewer).get(page_of(payment)))
    assert "You may look at this payment." in page
    for door in (verify_of(payment), MARK_FAILED, 'id="note"', english(mark_failed.NOT_OPEN)):
        assert door not in page


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [("https://pg.example/r/1", True), ("javascript:alert(1)", False), ("", False)],
)
def test_a_receipt_is_a_link_only_to_a_web_page(
    client: Client, customer: User, product: Product, url: str, is_linked: bool
) -> None:
    payment = builders.ordered(customer, product, receipt_url=url)
    page = text_of(client.get(page_of(payment)))
    assert ("Open the receipt" in page) is is_linked
    assert "javascript:" not in page


# --- Personal data ----------------------------------------------------------------------------


def test_the_customer_is_masked_in_facts_and_timeline_until_it_is_unmasked(
    finance: User, customer: User, product: Product, sign_in: SignIn, monkeypatch: Any
) -> None:
    payment, client = builders.paid(customer, product), sign_in(finance)
    page = text_of(client.get(page_of(payment)))
    assert customer.email not in page
    assert page.count("cu***@example.com") == 2
    monkeypatch.setattr(personal_data, "is_unmasked", lambda request: True)
    page = text_of(client.get(page_of(payment)))
    assert page.count(customer.email) == 2


def test_whoever_bought_is_masked_until_somebody_says_why(
    finance: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment, client = builders.paid(customer, product, **PERSONS), sign_in(finance)
    page = text_of(client.get(page_of(payment)))
    assert not any(secret in page for secret in PERSONS.values())
    assert "Buyer's phone 01***78" in plain(section(page, "facts"))
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인", "next": page_of(payment)})
    page = text_of(client.get(page_of(payment)))
    assert all(secret in page for secret in PERSONS.values())


def test_personal_data_is_erased_from_the_page_by_those_who_may(
    admin_person: User, operator: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product, **PERSONS)
    url = f"{LIST}{payment.pk}/erase/"
    theirs, ours = sign_in(operator), sign_in(admin_person)
    assert url not in text_of(theirs.get(page_of(payment)))
    assert theirs.post(url, {"reason": "본인 요청"}).status_code == 403
    assert f'action="{url}"' in text_of(ours.get(page_of(payment)))
    refused = text_of(ours.post(url, {"reason": ""}, follow=True))
    assert "Say in a few words why it is erased" in refused
    page = text_of(ours.post(url, {"reason": "본인 요청"}, follow=True))
    assert "is erased for good" in page
    assert url not in page
    assert "Buyer's name" not in page
    payment.refresh_from_db()
    assert (payment.buyer_name, payment.events.get(kind="erased").note) == ("", "본인 요청")


def test_staff_are_named_in_the_timeline(
    client: Client, operator: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    notes.add_note(payment=payment, actor=operator, text="확인함")
    newest = rows(text_of(client.get(page_of(payment))))[0]
    assert newest.startswith('class="staff"')
    assert f"확인함 Staff {operator}" in newest


@pytest.mark.parametrize("who", ["viewer", "admin_person"])
def test_the_customer_is_a_link_for_those_who_may_see_people(
    request: pytest.FixtureRequest, customer: User, product: Product, sign_in: SignIn, who: str
) -> None:
    payment = builders.paid(customer, product)
    page = text_of(sign_in(request.getfixturevalue(who)).get(page_of(payment)))
    link = f'href="/admin/accounts/user/{customer.pk}/change/"'
    assert (link in page) is (who == "admin_person")


def test_the_customers_other_payments_are_one_click_away(
    client: Client, payment: Payment, customer: User, product: Product, others_payment: Payment
) -> None:
    second = start(customer, product, checkout_key="another-click")
    link = f"{LIST}?user={customer.pk}"
    assert f'href="{link}"' in text_of(client.get(page_of(payment)))
    payments = client.get(link).context["cl"].result_list
    assert {other.pk for other in payments} == {payment.pk, second.pk}


def test_what_a_stranger_wrote_is_shown_and_never_run(
    client: Client, customer: User, product: Product
) -> None:
    evil = "<script>alert(1)</script>"
    payment = builders.failed(customer, product, name=evil)
    body = json.dumps({"imp_uid": "imp_1", "merchant_uid": payment.merchant_uid, "status": evil})
    delivery = webhooks.receive(body=body.encode(), content_type=evil, remote_address="203.0.113.9")
    for url in (
        page_of(payment),
        LIST,
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
    ):
        page = text_of(client.get(url))
        assert evil not in page
        assert "alert(1)" in page


def test_the_page_shows_the_money_that_moved_day_by_day(
    client: Client, customer: User, product: Product
) -> None:
    at = datetime(2026, 4, 1, 3, tzinfo=UTC)
    payment = builders.refunded(customer, product, refund=30_000, at=at)
    page = plain(text_of(client.get(page_of(payment))))
    assert "Money that moved" in page
    assert "Approval +₩99,000 2026-04-01 12:00:00 KST" in page
    assert "Refund −₩30,000 2026-04-01 13:00:00 KST" in page
    assert "Of another attempt" not in page


def test_a_payment_without_money_shows_none(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert 'id="movements"' not in page
