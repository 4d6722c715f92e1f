"""Every screen with something on it, and somebody who may see them all."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from accounts.roles import sync_roles
from payments.models import AccessKind, DeliveryOutcome, Payment, Product
from payments.services import inbox
from payments.services.access import record_access
from payments.states import Verification
from tests.conftest import PASSWORD
from tests.payments import builders


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses in the tests are the product's own."""
    return str(live_server.url)


@pytest.fixture
def admin(transactional_db: None) -> User:
    """Staff who see every screen, and who have ordered something themselves."""
    sync_roles()  # a test that empties the tables takes the groups with it
    user = User.objects.create_user("kim", "kim@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Admin"))
    return user


@pytest.fixture
def screens(admin: User) -> dict[str, str]:
    """Name and address of each screen; the "public" ones are looked at without signing in."""
    product = Product.objects.create(
        slug="premium", name="Devket 프리미엄", price=99_000, description="읽을거리 저장"
    )
    paid, open_order, refunded, failed = _payments(admin, product)
    access = record_access(
        actor=admin, kind=AccessKind.VIEWED, reason="환불 문의 확인", unmasked=True
    )
    delivery = inbox.receive(body=b'{"imp_uid": "imp_1"}', content_type="", remote_address=None)
    type(delivery).objects.update(outcome=DeliveryOutcome.FAILED)
    payments = "/admin/payments/payment"
    return {
        "public sign-in": "/accounts/login/",
        "public sign-up": "/accounts/signup/",
        "public password forgotten": "/accounts/password/reset/",
        "public products": "/",
        "public product": "/products/premium/",
        "public page not found": "/nowhere/",
        "product": "/products/premium/",
        "my payments": "/payments/",
        "my payment, paid": f"/payments/{paid.merchant_uid}/",
        "my payment, open": f"/payments/{open_order.merchant_uid}/",
        "my payment, refunded": f"/payments/{refunded.merchant_uid}/",
        "my payment, failed": f"/payments/{failed.merchant_uid}/",
        "settings": "/accounts/settings/",
        "e-mail addresses": "/accounts/email/",
        "dashboard": "/admin/",
        "dashboard of a quarter": "/admin/?period=90d",
        "list": f"{payments}/",
        "list, filtered": f"{payments}/?status=paid&basis=paid&period=30d&q=kim",
        "list, not understood": f"{payments}/?status=bogus&from=x",
        "list, of a customer and not understood": f"{payments}/?status=bogus&user={admin.pk}",
        "totals of the list": f"{payments}/totals/",
        "list, empty": f"{payments}/?amount_min=900000000",
        "payment": f"{payments}/{paid.pk}/change/",
        "payment, open": f"{payments}/{open_order.pk}/change/",
        "payment, refunded": f"{payments}/{refunded.pk}/change/",
        "mark failed": f"{payments}/mark-failed/?id={open_order.pk}&id={paid.pk}",
        "export": f"{payments}/export/",
        "export, filtered": f"{payments}/export/?status=paid",
        "export of ticked payments": f"{payments}/export/?id={paid.pk}",
        "inbox": "/admin/payments/webhookdelivery/",
        "delivery": f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "products in the admin": "/admin/payments/product/",
        "add a product": "/admin/payments/product/add/",
        "product in the admin": f"/admin/payments/product/{product.pk}/change/",
        "history of a product": f"/admin/payments/product/{product.pk}/history/",
        "looks at personal data": "/admin/payments/personaldataaccess/",
        "look at personal data": f"/admin/payments/personaldataaccess/{access.pk}/change/",
        "people": "/admin/accounts/user/",
        "add a person": "/admin/accounts/user/add/",
        "person": f"/admin/accounts/user/{admin.pk}/change/",
        "password of a person": f"/admin/accounts/user/{admin.pk}/password/",
        "groups": "/admin/auth/group/",
        "screens of payments": "/admin/payments/",
        "change password": "/admin/password_change/",
    }


def _payments(user: User, product: Product) -> tuple[Payment, Payment, Payment, Payment]:
    now = timezone.now()
    builders.found(builders.paid(user, product, at=now), Verification.MISMATCHED)
    builders.ordered(user, product, at=now - timedelta(days=2), vbank_num="110-1", vbank_due=now)
    return (
        builders.paid(user, product, at=now - timedelta(days=1)),
        builders.ordered(user, product, at=now - timedelta(hours=3)),
        builders.refunded(user, product, refund=9_000, at=now - timedelta(days=3)),
        builders.failed(user, product, at=now - timedelta(days=4)),
    )
