"""Every screen with something on it, and somebody who may see them all."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from accounts.models import User
from accounts.roles import sync_roles
from payments.kst import day_of
from payments.models import DailyClose, DeliveryOutcome, Payment, Product
from payments.services import inbox
from payments.services.closing import close_day
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
    delivery = inbox.receive(body=b'{"imp_uid": "imp_1"}', content_type="", remote_address=None)
    type(delivery).objects.update(outcome=DeliveryOutcome.FAILED)
    payments, closes = "/admin/payments/payment", "/admin/payments/dailyclose"
    close, day = _moved_close(admin, product)
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
        "list, empty": f"{payments}/?amount_min=900000000",
        "payment": f"{payments}/{paid.pk}/change/",
        "payment, open": f"{payments}/{open_order.pk}/change/",
        "mark failed": f"{payments}/mark-failed/?id={open_order.pk}&id={paid.pk}",
        "export": f"{payments}/export/",
        "inbox": "/admin/payments/webhookdelivery/",
        "delivery": f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "closes": f"{closes}/",
        "closes that moved": f"{closes}/?drift=moved",
        "closes, empty": f"{closes}/?day__year=2001",
        "closed day": f"{closes}/{close.pk}/change/",
        "close a day": f"{closes}/close/",
        "close a day too early": f"{closes}/close/?day={day + timedelta(days=9)}",
        "daily statement": f"{closes}/statement/day/?day={day}",
        "monthly statement": f"{closes}/statement/month/?month={day:%Y-%m}",
        "products in the admin": "/admin/payments/product/",
        "add a product": "/admin/payments/product/add/",
        "product in the admin": f"/admin/payments/product/{product.pk}/change/",
        "history of a product": f"/admin/payments/product/{product.pk}/history/",
        "people": "/admin/accounts/user/",
        "add a person": "/admin/accounts/user/add/",
        "person": f"/admin/accounts/user/{admin.pk}/change/",
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


def _moved_close(user: User, product: Product) -> tuple[DailyClose, date]:
    """A closed day that has moved since, with a day after it that is not closed."""
    at = timezone.now() - timedelta(days=2)
    payment = builders.paid(user, product, at=at)
    close = close_day(day=day_of(at), actor=user)
    Payment.objects.filter(pk=payment.pk).update(pay_method="kakaopay")
    builders.paid(user, product, at=at)
    return close, close.day


def sign_in(context: BrowserContext, user: User, address: str) -> None:
    """Bring a session along instead of typing a password: signing in is tested elsewhere."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
