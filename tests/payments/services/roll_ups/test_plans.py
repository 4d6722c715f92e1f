"""What sums are read by: a stretch of days and the end of a table by index, the table never."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.core.db import transactions
from payments.models import Product
from payments.selectors.roll_ups import roll_ups
from payments.services.roll_ups.fold import fold
from tests.payments import builders

pytestmark = pytest.mark.postgresql

TODAY = builders.NOON.date()
QUARTER = (TODAY - timedelta(days=89), TODAY)
WHOLE = re.compile(r"Seq Scan on payments_(movement|payment|paymentevent)\b")


@pytest.fixture
def book(customer: User, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough rows for a planner to choose, all but the last folded, with what ANALYZE learns."""
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    list(paid_payments.write(user=customer, product=product, count=3_000))
    fold(seconds=600)
    builders.refunded(customer, product, refund=7, at=builders.NOON - timedelta(days=60))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plans_of(act: object) -> list[str]:
    """How the database reads each query of it."""
    assert callable(act)
    with CaptureQueriesContext(connection) as queries:
        act()
    plans = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    return plans


@pytest.mark.usefixtures("book")
def test_movements_are_read_by_their_end_alone() -> None:
    within = Q(day__range=QUARTER)
    marks, plan = plans_of(lambda: roll_ups().movements("day", "kind", where=within))
    assert "payments_rollupmark" in marks
    assert "payments_movement_pkey" in plan
    assert not WHOLE.search(plan)


@pytest.mark.usefixtures("book")
def test_refunds_of_earlier_days_are_read_by_the_day_they_were_made_on() -> None:
    _marks, plan = plans_of(lambda: roll_ups().refunds_of_earlier_days(QUARTER))
    assert "payments_movement_pkey" in plan
    assert not WHOLE.search(plan)


@pytest.mark.usefixtures("book")
def test_orders_are_counted_by_index_for_the_days_that_changed() -> None:
    *_, changed, plan = plans_of(lambda: roll_ups().orders("status", where=Q(), days=QUARTER))
    assert "payments_paymentevent_pkey" in changed
    assert "payment_by_requested_at" in plan
    assert not WHOLE.search(changed + plan)


@pytest.mark.usefixtures("book")
def test_orders_by_their_payment_are_counted_by_index_for_the_days_that_changed() -> None:
    *_, plan = plans_of(
        lambda: roll_ups().orders("status", where=Q(), days=QUARTER, days_are="paid_on")
    )
    assert "payments_orderrollup" in plan
    assert "payment_by_requested_at" in plan or "payment_by_paid_at" in plan
    assert not WHOLE.search(plan)
