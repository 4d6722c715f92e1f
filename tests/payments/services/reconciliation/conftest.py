"""A payment that both sides know, and a book of ten of which two differ."""

from datetime import timedelta

import pytest

from accounts.models import User
from payments.models import Payment, Product
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import mirror


@pytest.fixture(autouse=True)
def _gateway(sandbox: SandboxGateway) -> None:
    """Every test here talks to the stand-in."""


@pytest.fixture
def april_payment(sandbox: SandboxGateway, customer: User, product: Product) -> Payment:
    """Paid on the first of April, and the gateway says the same."""
    payment = builders.paid(customer, product)
    mirror(sandbox, [payment])
    return payment


@pytest.fixture
def book(sandbox: SandboxGateway, customer: User, product: Product) -> list[Payment]:
    """Ten payments, one a minute; the second and the ninth differ."""
    minutes = [builders.NOON + timedelta(minutes=number) for number in range(10)]
    payments = [builders.paid(customer, product, at=minute) for minute in minutes]
    mirror(sandbox, payments, {payments[number].pk: {"amount": 1} for number in (1, 8)})
    return payments
