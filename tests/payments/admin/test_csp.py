"""No staff page needs anything that the strict Content-Security-Policy refuses."""

import re

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.services import inbox
from tests.payments import builders

from .conftest import LIST, MARK_FAILED, SignIn, page_of, text_of

INLINE = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.I),
    "a style in the page": re.compile(r"<style", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle=", re.I),
    "a handler": re.compile(r"<[^>]*\son\w+=", re.I),
    "a script address": re.compile(r"javascript:", re.I),
}


@pytest.fixture
def addresses(customer: User, product: Product) -> list[str]:
    """Every staff page of payments."""
    payment: Payment = builders.ordered(customer, product)
    builders.refunded(customer, product, refund=1_000)
    delivery = inbox.receive(body=b"{}", content_type="", remote_address=None)
    return [
        "/admin/",
        "/admin/payments/",
        LIST,
        f"{LIST}?status=bogus&user={customer.pk}",
        page_of(payment),
        f"{MARK_FAILED}?id={payment.pk}",
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "/admin/payments/product/",
        "/admin/payments/product/add/",
        f"/admin/payments/product/{product.pk}/change/",
    ]


def test_every_page_is_clean_and_carries_the_policy(
    admin_person: User, addresses: list[str], sign_in: SignIn
) -> None:
    client: Client = sign_in(admin_person)
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        for what, pattern in INLINE.items():
            assert not pattern.search(text_of(response)), f"{what} in {address}"
