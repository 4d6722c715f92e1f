"""The webhook inbox: found by id or outcome, shown as it came."""

import json

import pytest
from django.test import Client

from accounts.models import User
from payments.models import WebhookDelivery
from payments.services import inbox

from .conftest import SignIn, text_of

INBOX = "/admin/payments/webhookdelivery/"


@pytest.fixture
def client(viewer: User, sign_in: SignIn) -> Client:
    """The viewer's browser."""
    return sign_in(viewer)


def receive(imp_uid: str, merchant_uid: str = "20260401ABCDEFGHJKLM") -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": merchant_uid, "status": "paid"})
    return inbox.receive(
        body=body.encode(), content_type="application/json", remote_address="203.0.113.9"
    )


def found(client: Client, query: str) -> set[str]:
    rows = client.get(f"{INBOX}?{query}").context["cl"].result_list
    return {delivery.imp_uid for delivery in rows}


@pytest.mark.parametrize("term", ["imp_2", "20260402ABCDEFGHJKLM"])
def test_a_delivery_is_found_by_either_id(client: Client, term: str) -> None:
    receive("imp_1")
    receive("imp_2", "20260402ABCDEFGHJKLM")
    assert found(client, f"q={term}") == {"imp_2"}


def test_deliveries_are_filtered_by_what_came_of_them(client: Client) -> None:
    receive("imp_1")
    inbox.receive(body=b"\xff", content_type="", remote_address=None)
    assert found(client, "outcome__exact=received") == {"imp_1"}
    assert found(client, "outcome__exact=invalid") == {""}


def test_the_body_is_shown_as_it_came(client: Client) -> None:
    delivery = receive("imp_1")
    page = text_of(client.get(f"{INBOX}{delivery.pk}/change/"))
    assert "&quot;imp_uid&quot;: &quot;imp_1&quot;" in page
    assert "203.0.113.9" in page
    assert "Received, not looked at yet" in page
