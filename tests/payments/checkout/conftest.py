"""The shop as a browser calls it: the customer's, a stranger's, and one without a session."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from tests.responses import ClientResponse


class Browser:
    """A test client that speaks to the checkout's endpoints as the product page's script does."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def post(self, name: str, body: Any, **extra: Any) -> ClientResponse:
        """POST JSON; text or bytes go out as they are."""
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        fields = {"content_type": "application/json"} | extra
        response: ClientResponse = self.client.post(f"/checkout/{name}/", data, **fields)
        return response

    def start(self, **fields: Any) -> ClientResponse:
        """Press the pay button; a field given as None is left out."""
        return self.post("start", _without_none(START | fields))

    def complete(self, merchant_uid: str, imp_uid: str) -> ClientResponse:
        """The window says that it is done."""
        return self.post("complete", {"merchant_uid": merchant_uid, "imp_uid": imp_uid})

    def give_up(self, merchant_uid: str, **fields: Any) -> ClientResponse:
        """The window says that nothing came of it."""
        return self.post("give-up", {"merchant_uid": merchant_uid} | fields)

    def arrive(self, **query: str) -> ClientResponse:
        """Come back from a window that had left the shop's page."""
        response: ClientResponse = self.client.get("/checkout/return/", query)
        return response

    def page(self, payment: Payment) -> ClientResponse:
        """The payment's page."""
        response: ClientResponse = self.client.get(f"/payments/{payment.merchant_uid}/")
        return response


START = {
    "product": "premium",
    "pay_method": "card",
    "checkout_key": "the-key-of-this-page",
    "buyer_tel": "010-1234-5678",
}


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def error(response: ClientResponse) -> tuple[int, str, str | None]:
    """Status, code and field of a refusal; each has a message for a person."""
    body = json.loads(response.content)["error"]
    assert body["message"]
    return response.status_code, body["code"], body["field"]


def state(response: ClientResponse) -> str:
    """What a page tells about a payment."""
    match = re.search(r'data-state="([a-z_]+)"', response.content.decode())
    assert match, response.content.decode()
    return match[1]


@pytest.fixture
def buyer(client: Client, customer: User, product: Product) -> Browser:
    """The customer's browser."""
    client.force_login(customer)
    return Browser(client)


@pytest.fixture
def other(stranger: User, product: Product) -> Browser:
    """The stranger's browser."""
    client = Client()
    client.force_login(stranger)
    return Browser(client)


@pytest.fixture
def nobody(product: Product) -> Browser:
    """A browser without a session."""
    return Browser(Client())
