"""Where closing begins, and what a later beginning leaves out for good."""

from datetime import UTC, date, datetime, timedelta

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import Product
from payments.selectors.daily_close.beginning import LeftOut, left_out, proposed
from tests.payments import builders

MARCH_5, MARCH_7, APRIL_1 = date(2026, 3, 5), date(2026, 3, 7), date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 21, tzinfo=UTC)


def test_the_first_day_with_money_is_proposed(customer: User, product: Product) -> None:
    builders.ordered(customer, product, at=start_of(MARCH_5) - timedelta(days=9))
    builders.paid(customer, product, at=end_of(MARCH_7) - timedelta(seconds=1))
    builders.paid(customer, product, at=start_of(MARCH_5))
    assert proposed(now=NOW) == MARCH_5


def test_without_money_on_a_day_that_is_over_it_is_yesterday(
    customer: User, product: Product
) -> None:
    assert proposed(now=NOW) == APRIL_1
    builders.paid(customer, product, at=NOW)
    assert proposed(now=NOW) == APRIL_1


def test_a_later_day_leaves_out_the_days_with_money_before_it(
    customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=start_of(MARCH_5), amount=15_000)
    builders.refund_of(payment, 3_000, at=start_of(MARCH_7))
    assert left_out(MARCH_5) is None
    assert left_out(MARCH_7) == LeftOut(1, MARCH_5, MARCH_5, 15_000)
    assert left_out(APRIL_1) == LeftOut(2, MARCH_5, MARCH_7, 12_000)
