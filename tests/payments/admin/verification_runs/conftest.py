"""A run over thirty payments, and the browsers of those who look at it."""

import pytest
from django.test import Client

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import Payment, Product, VerificationRun
from payments.services.verification_runs import control
from tests.payments.admin.conftest import SignIn


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


@pytest.fixture
def exporter(finance: User, sign_in: SignIn) -> Client:
    """Somebody who may export."""
    return sign_in(finance)


@pytest.fixture
def payments(customer: User, product: Product) -> list[Payment]:
    """Thirty paid ones."""
    [found] = paid_payments.write(user=customer, product=product, count=30)
    return found


@pytest.fixture
def run(payments: list[Payment], operator: User) -> VerificationRun:
    """A run over them, as the operator asked for it."""
    return control.start(
        payments=Payment.objects.all(),
        query="status=paid",
        actor=operator,
        enqueue=lambda pk: None,
    )
