"""A customer whose address nobody has confirmed is marked wherever staff read it."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from tests.payments import builders

SignIn = Callable[[User], Client]
LIST = "/admin/payments/payment/"
MARK = "cu***@example.com (unconfirmed)"


def _without_break(page: str) -> str:
    return page.replace("<wbr>", "")


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


@pytest.mark.parametrize(
    "address", ["", "?user={user}", "{payment}/change/", "customers/?term=cu"], ids=str
)
def test_it_is_marked_while_nobody_has_confirmed_it(
    payment: Payment, customer: User, viewer: User, sign_in: SignIn, address: str
) -> None:
    """In the list, on its chip, on the payment's page, in the picker."""
    client = sign_in(viewer)
    url = LIST + address.format(user=customer.pk, payment=payment.pk)

    assert MARK not in _read(client, url)
    EmailAddress.objects.filter(user=customer).update(verified=False)
    assert MARK in _read(client, url)


def _read(client: Client, url: str) -> str:
    response = client.get(url)
    if response.headers["Content-Type"] == "application/json":
        return " ".join(choice["text"] for choice in response.json()["results"])
    return _without_break(response.content.decode())


def test_who_has_no_address_has_none_to_confirm(
    payment: Payment, customer: User, viewer: User, sign_in: SignIn
) -> None:
    User.objects.filter(pk=customer.pk).update(email="")

    assert "unconfirmed)" not in _read(sign_in(viewer), LIST)
