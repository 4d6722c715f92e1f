"""The webhooks: listed by id or outcome, shown as they came, beside what the gateway said."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, WebhookDelivery
from payments.services import webhooks
from payments.services.webhooks import attempts
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import SignIn, page_of, text_of

INBOX = "/admin/payments/webhookdelivery/"


@pytest.fixture
def client(viewer: User, sign_in: SignIn) -> Client:
    """The viewer's browser."""
    return sign_in(viewer)


def receive(imp_uid: str, merchant_uid: str = "20260401ABCDEFGHJKLM") -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": merchant_uid, "status": "paid"})
    return webhooks.receive(
        body=body.encode(), content_type="application/json", remote_address="203.0.113.9"
    )


def listed(client: Client, query: str) -> set[str]:
    rows = client.get(f"{INBOX}?{query}").context["cl"].result_list
    return {delivery.imp_uid for delivery in rows}


@pytest.mark.parametrize("term", ["imp_2", "20260402ABCDEFGHJKLM"])
def test_a_delivery_is_found_by_either_id(client: Client, term: str) -> None:
    receive("imp_1")
    receive("imp_2", "20260402ABCDEFGHJKLM")
    assert listed(client, f"q={term}") == {"imp_2"}


def test_deliveries_are_filtered_by_what_came_of_them(client: Client) -> None:
    receive("imp_1")
    webhooks.receive(body=b"\xff", content_type="", remote_address=None)
    assert listed(client, "outcome__exact=received") == {"imp_1"}
    assert listed(client, "outcome__exact=invalid") == {""}


def test_the_body_is_shown_as_it_came(client: Client) -> None:
    delivery = receive("imp_1")
    page = text_of(client.get(f"{INBOX}{delivery.pk}/change/"))
    assert "&quot;imp_uid&quot;: &quot;imp_1&quot;" in page
    assert "203.0.113.9" in page
    assert "Received, not looked at yet" in page


def claims(page: str) -> dict[str, tuple[str, str, str]]:
    """Field: claimed, answered and the verdict."""
    table = page.split('id="claims"')[1].split("</table>", maxsplit=1)[0]
    fields = {}
    for row in table.split('<th scope="row">')[1:]:
        label, *cells = re.split(r"</th>|</td>", row)[:4]
        fields[label] = tuple(
            re.sub(r"<[^>]+>", "", re.sub(r'<span class="side.*?</span>', "", cell))
            for cell in cells
        )
    return fields  # type: ignore[return-value]


def opened(client: Client, delivery: WebhookDelivery) -> str:
    return text_of(client.get(f"{INBOX}{delivery.pk}/change/"))


def test_what_it_claimed_stands_beside_what_the_gateway_said(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    delivery = webhooks.process(delivery=receive(paid["imp_uid"], payment.merchant_uid))
    page = opened(client, delivery)
    assert claims(page)["Status"] == ("Paid (paid)", "Paid (paid)", "same")
    assert claims(page)["Order number"] == (payment.merchant_uid, payment.merchant_uid, "same")
    assert "Applied" in page
    assert f'href="{page_of(payment)}"' in page


def test_a_claim_that_the_gateway_does_not_confirm_is_marked(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    delivery = webhooks.process(delivery=receive(paid["imp_uid"], "20260401ABCDEFGHJKLM"))
    page = opened(client, delivery)
    assert claims(page)["Order number"] == ("20260401ABCDEFGHJKLM", payment.merchant_uid, "differs")
    assert 'class="differs"' in page
    assert "Applied; the body disagreed" in page
    assert f'href="{page_of(payment)}"' in page


def test_a_claim_about_what_is_known_already_changed_nothing(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    webhooks.process(delivery=receive(paid["imp_uid"], payment.merchant_uid))
    forged = webhooks.process(delivery=receive(paid["imp_uid"], "20260401ABCDEFGHJKLM"))
    assert "Nothing was changed because of it." in opened(client, forged)


def test_without_an_answer_it_says_so_and_what_to_do(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    delivery = webhooks.process(delivery=receive("imp_123456789012", payment.merchant_uid))
    page = opened(client, delivery)
    assert claims(page)["Status"] == ("Paid (paid)", "–", "")
    assert "There is no answer of the gateway to set beside it." in page
    assert "process it again here" in page


def test_it_says_when_it_is_tried_again_and_when_it_is_given_up(
    client: Client, payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.fault("status", status=500)
    delivery = webhooks.process(delivery=receive("imp_123456789012", payment.merchant_uid))
    assert delivery.next_attempt_at is not None
    when = delivery.next_attempt_at.isoformat(timespec="seconds")
    assert f'<dt>Next attempt</dt><dd><time datetime="{when}"' in opened(client, delivery)
    monkeypatch.setattr(attempts, "ATTEMPTS", 2)
    webhooks.process(delivery=delivery)
    page = opened(client, delivery)
    assert "<dt>Next attempt</dt>" in page
    assert "given up" in page
    sandbox.heal()
    assert "Next attempt" not in opened(client, webhooks.process(delivery=delivery))


@pytest.mark.parametrize("body", [b"{not json", b"imp_uid=imp_1&status=paid", b"[" * 5_000, b""])
def test_any_body_can_be_looked_at(client: Client, body: bytes) -> None:
    delivery = webhooks.receive(body=body, content_type="", remote_address=None)
    assert client.get(f"{INBOX}{delivery.pk}/change/").status_code == 200


def test_the_list_links_to_the_payment_and_costs_the_same_however_long_it_is(
    client: Client, payment: Payment, django_assert_max_num_queries: Any
) -> None:
    for number in range(50):
        receive(f"imp_{number}", payment.merchant_uid)
    with django_assert_max_num_queries(12):
        page = text_of(client.get(INBOX))
    assert page.count(f'href="{page_of(payment)}"') == 50
