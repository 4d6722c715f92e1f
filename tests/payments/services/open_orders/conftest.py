"""Orders of any age."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from payments.models import Payment, Product
from tests.gateway import SandboxGateway
from tests.payments.conftest import start

from .sweeping import Order


@pytest.fixture
def order(sandbox: SandboxGateway, customer: User, product: Product) -> Order:
    """An order of the customer, made so long ago."""
    clicks = iter(range(1_000))

    def make(age: timedelta, user: User = customer) -> Payment:
        return start(
            user,
            product,
            checkout_key=f"click-{next(clicks)}",
            requested_at=timezone.now() - age,
        )

    return make
