"""A payment that both sides know, a book of ten of which two differ, and what happens meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.iamport import GatewayPayment, IamportClient
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


@pytest.fixture
def when_listed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen when the gateway's list has been read, and is not yet compared."""
    by_status = IamportClient.by_status

    def arrange(happens: Callable[[], object]) -> None:
        def listing(client: IamportClient, *words: Any, **options: Any) -> Iterator[GatewayPayment]:
            yield from by_status(client, *words, **options)
            happens()

        monkeypatch.setattr(IamportClient, "by_status", listing)

    return arrange
