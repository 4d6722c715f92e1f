"""A day is found by its index, however many movements stand beside it.

On a few rows a planner reads the table, so that is made expensive: what is asserted is that the
index fits the question.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.core.kst import start_of
from payments.models import DailyClose, Product
from payments.selectors.daily_close import beginning, closes, lines, statements
from payments.selectors.roll_ups import roll_ups
from payments.services.daily_close.close import close_day
from tests.payments import builders

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(20)]
DAY = DAYS[9]


@pytest.fixture(autouse=True)
def book(customer: User, product: Product, finance: User) -> None:
    """Twenty days of twenty payments, of which some were refunded; the first ones are closed."""
    for day in DAYS:
        [batch] = paid_payments.write(user=customer, product=product, count=20, start=start_of(day))
        builders.refund_of(batch[0], 100, at=start_of(day) + timedelta(days=1))
    for day in DAYS[:12]:
        close_day(day=day, actor=finance)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE payments_movement, payments_payment, payments_dailyclose")
            cursor.execute("SET LOCAL enable_seqscan = off")


def plans_of(read: Callable[[], Any]) -> list[str]:
    """How the database goes about each query of it."""
    asked: list[tuple[str, Any]] = []

    def noting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noting):
        read()
    prefix = connection.ops.explain_query_prefix()
    plans = []
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(f"{prefix} {sql}", params)
            plans.append("\n".join(" ".join(map(str, row)) for row in cursor.fetchall()))
    return plans


def newest_closes() -> list[DailyClose]:
    return list(DailyClose.objects.defer("lines"))


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda: lines.lines_of(DAY), "movement_by_day"),
        (lambda: roll_ups().refunds_on_later_days((DAY, DAY)), "refund_roll_up_by_approval"),
        (lambda: statements.figures_by_day(DAYS[-2:]), "payments_movementrollup"),
        (beginning.first_day_with_money, "movement_by_time"),
        (lambda: closes.learnt_since(newest_closes()), "movement_by_day"),
    ],
    ids=["a day", "went back later", "open days", "the first day", "learnt since"],
)
def test_no_movement_of_another_day_is_read(read: Callable[[], Any], index: str) -> None:
    plans = [plan for plan in plans_of(read) if "payments_movement" in plan or index in plan]
    assert any(index in plan for plan in plans)
    for plan in plans:
        assert "Seq Scan on payments_movement" not in plan
        assert "SCAN payments_movement\n" not in f"{plan}\n"
