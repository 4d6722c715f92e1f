"""The first of April is over, and had every kind of payment."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import Product
from tests.payments import builders

from .days import APRIL_1, NOW


@pytest.fixture(autouse=True)
def morning(time_machine: Any) -> None:
    """The first of April is over in Korea."""
    time_machine.move_to(NOW)


@pytest.fixture
def busy_day(customer: User, stranger: User, product: Product) -> None:
    """Every kind of payment on 1 April, and some just outside it."""
    first, last = start_of(APRIL_1), end_of(APRIL_1) - timedelta(seconds=1)
    builders.paid(customer, product, at=first, amount=1_000)
    builders.paid(customer, product, at=last, amount=20_000, pay_method="kakaopay")
    # Approved on the day, refunded on the next.
    builders.refunded(stranger, product, at=last, refund=99_000, pay_method="trans")
    builders.refunded(stranger, product, at=first, refund=9_000)
    builders.ordered(customer, product, at=first)
    builders.failed(customer, product, at=first)
    earlier = builders.paid(customer, product, at=first - timedelta(seconds=1), amount=500_000)
    builders.refund_of(earlier, 7_000, at=first)
    builders.paid(customer, product, at=end_of(APRIL_1), amount=500_000)
    builders.approved_again(earlier, at=last)
    builders.approved_as_a_test(customer, product, at=first, amount=33)
