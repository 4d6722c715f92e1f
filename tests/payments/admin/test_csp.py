"""No staff page holds anything that the strict Content-Security-Policy refuses.

That a browser, too, finds nothing to refuse is seen in tests/accessibility, which opens every
screen in one.
"""

import re

import pytest
from django.test import Client

from accounts.models import User
from payments.models import AccessKind, Payment, Product
from payments.services import webhooks
from payments.services.access_log import record_access
from payments.services.verification_runs import control
from tests.payments import builders
from tests.payments.books import begun, filed

from .conftest import EXPORT, LIST, MARK_FAILED, RUNS, START_RUN, SignIn, page_of, text_of

INLINE = {
    "a script in the page": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE
    ),
    "a style in the page": re.compile(r"<style", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle=", re.IGNORECASE),
    "a handler": re.compile(r"<[^>]*\son\w+=", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.fixture
def addresses(customer: User, product: Product, admin_person: User) -> list[str]:
    """Every staff page."""
    payment: Payment = builders.ordered(customer, product)
    paid = builders.refunded(customer, product, refund=1_000)
    delivery = webhooks.receive(body=b"{}", content_type="", remote_address=None)
    access = record_access(
        actor=admin_person, kind=AccessKind.VIEWED, reason="환불 문의 확인", unmasked=True
    )
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    return [
        "/admin/",
        "/admin/payments/",
        LIST,
        f"{LIST}?status=bogus&user={customer.pk}",
        f"{LIST}totals/",
        page_of(payment),
        page_of(paid),
        f"{MARK_FAILED}?id={payment.pk}",
        f"{EXPORT}?status=paid",
        f"{EXPORT}?id={paid.pk}",
        f"{START_RUN}?status=paid,cancelled",
        RUNS,
        f"{RUNS}{run.pk}/change/",
        f"{RUNS}{run.pk}/export/",
        "/admin/payments/worker/",
        "/admin/payments/reconciliationrun/",
        "/admin/payments/reconciliationrun/start/",
        f"/admin/payments/reconciliationrun/{begun().pk}/change/",
        "/admin/payments/discrepancy/",
        f"/admin/payments/discrepancy/{filed(paid).pk}/change/",
        f"/admin/payments/discrepancy/{filed(paid).pk}/close/",
        "/admin/payments/discrepancy/export/",
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "/admin/payments/product/",
        "/admin/payments/product/add/",
        f"/admin/payments/product/{product.pk}/change/",
        "/admin/payments/personaldataaccess/",
        f"/admin/payments/personaldataaccess/{access.pk}/change/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{customer.pk}/change/",
        f"/admin/accounts/user/{customer.pk}/password/",
        "/admin/auth/group/",
        "/admin/password_change/",
    ]


def test_every_page_is_clean_and_carries_the_policy(
    admin_person: User, addresses: list[str], sign_in: SignIn
) -> None:
    client: Client = sign_in(admin_person)
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인"})
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        for what, pattern in INLINE.items():
            assert not pattern.search(text_of(response)), f"{what} in {address}"
