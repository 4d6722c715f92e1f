"""Two full calls and a half of payments, and pauses that a test can wait for."""

import pytest

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import Payment, Product
from payments.services import runs
from tests.gateway import SandboxGateway

from .running import here


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(runs, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def many(customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
    """Paid here and there, two full calls and a half."""
    payments = here(customer, product, 250)
    paid_payments.post_to_gateway(sandbox.control, payments)
    return payments
