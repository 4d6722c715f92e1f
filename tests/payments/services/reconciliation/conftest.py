"""A book of one payment that both sides know."""

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
