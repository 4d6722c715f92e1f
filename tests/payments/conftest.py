"""What is for sale, and an order of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from payments.models import Payment, Product
from payments.services import checkout
from tests.gateway import SandboxGateway

# Long enough for the gateway's "there is no such payment" to be believed.
MADE_BEFORE = timedelta(minutes=2)


@pytest.fixture
def product(db: None) -> Product:
    """For 99,000 won."""
    return Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)


@pytest.fixture
def payment(sandbox: SandboxGateway, customer: User, product: Product) -> Payment:
    """An open order of the customer, registered at the gateway, no window opened yet."""
    return start(customer, product)


@pytest.fixture
def others_payment(sandbox: SandboxGateway, stranger: User, product: Product) -> Payment:
    """The same for the stranger: same product, same amount."""
    return start(stranger, product)


def start(user: User, product: Product, **fields: Any) -> Payment:
    """An order through the real service."""
    arguments: dict[str, Any] = {
        "pay_method": "card",
        "checkout_key": "one-click",
        "requested_at": timezone.now() - MADE_BEFORE,
    } | fields
    return checkout.start(user=user, product=product, **arguments)


def kinds(payment: Payment) -> list[str]:
    """What the ledger says happened, in order."""
    return list(payment.events.order_by("sequence").values_list("kind", flat=True))
