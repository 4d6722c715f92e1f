"""Re-verify: one click asks the gateway, says what came of it, and goes back to where one was."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.admin.payments import actions
from payments.models import Payment, Product, VerificationRun
from payments.services.verification.verify import verify
from payments.states import PaymentStatus, Source
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import (
    LIST,
    START_RUN,
    SignIn,
    act,
    messages_on,
    page_of,
    text_of,
    verify_of,
)
from tests.payments.conftest import start


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def test_money_that_came_in_is_found_and_said(
    client: Client, operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    messages = messages_on(client.post(verify_of(payment)))
    assert messages == f"{payment.merchant_uid}: Not paid → Paid, as the gateway says."
    payment.refresh_from_db()
    assert (payment.status, payment.imp_uid) == (PaymentStatus.PAID, paid["imp_uid"])
    event = payment.events.get(kind="paid")
    assert (event.source, event.actor, event.actor_name) == (Source.ADMIN, operator, str(operator))


def test_an_order_that_agrees_is_said_to_agree(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    client.post(verify_of(payment))
    assert messages_on(client.post(verify_of(payment))).endswith(
        "The gateway agrees. Nothing has changed."
    )


def test_a_refund_from_the_gateways_own_console_is_found(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    client.post(verify_of(payment))
    sandbox.cancel(paid["imp_uid"], 9_000)
    assert "Paid → Partly refunded, as the gateway says." in messages_on(
        client.post(verify_of(payment))
    )
    sandbox.cancel(paid["imp_uid"], 1_000)
    assert "Updated from the gateway; still Partly refunded." in messages_on(
        client.post(verify_of(payment))
    )


def test_differences_are_named_and_nothing_is_repaired(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    assert "does not agree: The amount differs." in messages_on(client.post(verify_of(payment)))
    payment.refresh_from_db()
    assert (payment.status, payment.verification) == ("ready", "mismatched")


def test_a_payment_that_the_gateway_does_not_know_is_said_so(
    client: Client, payment: Payment
) -> None:
    assert "knows no such payment" in messages_on(client.post(verify_of(payment)))


FAULTS: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "502 as HTML": {"kind": "html"},
    "broken JSON": {"kind": "malformed"},
    "cut connection": {"kind": "cut"},
    "time-out": {"kind": "hang"},
    "token refused": {"kind": "status", "status": 401},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_without_an_answer_nothing_changes_and_the_page_says_so(
    client: Client, payment: Payment, sandbox: SandboxGateway, fault: dict[str, Any]
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.fault(**fault)
    messages = messages_on(client.post(verify_of(payment)))
    payment.refresh_from_db()
    assert "Nothing was changed" in messages
    assert payment.status == "ready"
    assert payment.events.latest("sequence").kind == "unknown"


def test_a_token_that_dies_early_is_renewed_and_nobody_notices(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.fault("token", times=1)
    assert "Not paid → Paid" in messages_on(client.post(verify_of(payment)))


# --- Where it goes back to --------------------------------------------------------------------


def test_from_a_row_it_goes_back_to_the_filtered_list(client: Client, payment: Payment) -> None:
    query = "status=ready&status=paid&q=customer"
    page = text_of(client.get(f"{LIST}?{query}"))
    assert f'name="_changelist_filters" value="{query.replace("&", "&amp;")}"' in page
    body = {"back": "list", "_changelist_filters": query, "action": "", "select_across": "0"}
    assert client.post(verify_of(payment), body)["Location"] == f"{LIST}?{query}&_list=1"


def test_from_the_payments_page_it_goes_back_to_that_page(client: Client, payment: Payment) -> None:
    assert client.post(verify_of(payment))["Location"] == page_of(payment)
    back = client.post(verify_of(payment), {"_changelist_filters": "status=ready"})["Location"]
    assert back == f"{page_of(payment)}?_changelist_filters=status%3Dready"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "\r\nX: y", "#x"])
def test_nothing_that_is_posted_leads_off_the_site(
    client: Client, payment: Payment, evil: str
) -> None:
    body = {"back": "list", "_changelist_filters": evil}
    assert client.post(verify_of(payment), body)["Location"].startswith(f"{LIST}?")
    body = {"back": evil, "_changelist_filters": evil}
    assert client.post(verify_of(payment), body)["Location"].startswith(f"{page_of(payment)}?")


# --- Many at once -----------------------------------------------------------------------------


@pytest.fixture
def orders(sandbox: SandboxGateway, customer: User, product: Product) -> list[Payment]:
    """Five open orders of one customer."""
    return [start(customer, product, checkout_key=f"click-{n}") for n in range(5)]


def test_many_are_counted_and_those_that_are_not_fine_are_listed(
    client: Client, orders: list[Payment], sandbox: SandboxGateway
) -> None:
    paid, agrees, differs, unknown, _untouched = orders
    for order in (paid, agrees):
        sandbox.pay(order.merchant_uid, 99_000)
    verify(payment=agrees, source=Source.BROWSER)
    sandbox.pay(differs.merchant_uid, 100, ignore_prepare=True)
    messages = messages_on(act(client, "reverify", paid, agrees, differs, unknown))
    assert "4 payments: agrees, nothing changed 1, changed 1, does not agree 2" in messages
    assert f"{differs.merchant_uid}: The gateway's answer does not agree" in messages
    assert f"{unknown.merchant_uid}: The gateway knows no such payment" in messages
    assert paid.merchant_uid not in messages
    assert agrees.merchant_uid not in messages


def test_select_all_asks_about_exactly_the_filtered_set(
    client: Client, orders: list[Payment], stranger: User, product: Product, customer: User
) -> None:
    other = start(stranger, product)
    query = f"user={customer.pk}&status=ready"
    messages = messages_on(act(client, "reverify", orders[0], query=query, select_across=1))
    assert "5 payments" in messages
    assert all(order.events.filter(source="admin").exists() for order in orders)
    assert not other.events.filter(source="admin").exists()


def test_a_silent_gateway_is_not_asked_again_and_again(
    client: Client, orders: list[Payment], sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    messages = messages_on(act(client, "reverify", *orders))
    assert "5 payments: no answer 3, not asked 2" in messages
    assert sum(order.events.filter(kind="asked").count() for order in orders) == 3


def test_more_than_anybody_waits_for_lead_to_the_page_that_starts_a_run(
    client: Client,
    orders: list[Payment],
    sandbox: SandboxGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "ASKED_AT_ONCE", 4)
    before = sandbox.calls()["total"]
    everything = act(client, "reverify", orders[0], query="status=ready&q=order:2", select_across=1)
    assert everything["Location"] == f"{START_RUN}?status=ready&q=order%3A2"
    ticked = act(client, "reverify", *orders, query="status=ready")
    ids = "&".join(f"id={order.pk}" for order in sorted(orders, key=lambda order: -order.pk))
    assert ticked["Location"] == f"{START_RUN}?{ids}&_changelist_filters=status%3Dready"
    assert sandbox.calls()["total"] == before
    assert not VerificationRun.objects.exists()


def test_an_action_goes_back_to_the_filtered_list(client: Client, orders: list[Payment]) -> None:
    response = act(client, "reverify", orders[0], query="status=ready&status=paid")
    assert response["Location"] == f"{LIST}?status=ready&status=paid"


# --- One row drawn anew -----------------------------------------------------------------------


def row_of(payment: Payment) -> str:
    return reverse("admin:payments_payment_verify_row", args=[payment.pk])


def test_the_row_alone_comes_back_with_what_came_of_it(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    page = text_of(client.get(f"{LIST}?status=ready"))
    url = unescape(page.split('hx-post="')[1].split('"')[0])
    assert url.startswith(row_of(payment))
    row = text_of(client.post(url))
    assert row.strip().startswith("<tr ")
    assert "<html" not in row
    assert "Not paid → Paid, as the gateway says." in row
    assert '<span class="badge good">Paid</span>' in row
    assert ">just now<" in row
    # The order's page still knows the way back to the list, and the next click does too.
    assert f"/{payment.pk}/change/?_changelist_filters=status%3Dready" in row
    assert f'hx-post="{row_of(payment)}?_changelist_filters=status%3Dready"' in row
    body = text_of(client.get(LIST)).split("<tbody>")[1].split("</tbody>")[0]
    assert row.count('<td class="') == body.count('<td class="')


def test_a_row_says_that_nothing_is_known(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    row = text_of(client.post(row_of(payment)))
    assert 'class="fresh unknown"' in row
    assert "does not answer. Nothing was changed" in row


def test_a_row_is_verified_only_by_whoever_may_and_only_by_a_post(
    client: Client, viewer: User, payment: Payment, sign_in: SignIn
) -> None:
    version = Payment.objects.get(pk=payment.pk).version
    assert sign_in(viewer).post(row_of(payment)).status_code == 403
    assert client.get(row_of(payment))["Location"] == page_of(payment)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="operator"))
    assert strict.post(row_of(payment)).status_code == 403
    assert client.post(row_of(payment).replace(str(payment.pk), "999999")).status_code == 404
    assert Payment.objects.get(pk=payment.pk).version == version


def test_a_row_drawn_anew_reads_no_list(
    client: Client, orders: list[Payment], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(30) as captured:
        client.post(row_of(orders[0]))
    lists = [query for query in captured.captured_queries if "COUNT(" in query["sql"]]
    assert lists == []
