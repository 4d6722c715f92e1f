"""Each way to narrow or sort the list has an index to go by: the database names it in its plan.

On a few rows a planner reads the table, so that is made expensive: what is asserted is that the
index fits the question, not what the planner makes of it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.core.kst import start_of
from payments.models import Payment, Product
from payments.selectors.payments.flags import FLAGGED
from tests.payments import builders

NEWEST = ("-pk",)


@pytest.fixture(autouse=True)
def _no_shortcuts(customer: User, product: Product) -> None:
    """An index or nothing, no sort of everything that was found, and some rows to choose among."""
    if connection.vendor == "postgresql":
        list(paid_payments.write(user=customer, product=product, count=500))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE payments_payment")
            for what in ("seqscan", "sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{what} = off")


def plan(rows: QuerySet[Any, Any]) -> str:
    return rows.explain()


def head(*order: Any, **conditions: Any) -> QuerySet[Any, Any]:
    """The ids of a first page."""
    return Payment.objects.filter(**conditions).order_by(*order).values_list("pk")[:50]


DAY = start_of(builders.NOON.date())
DAYS = {"gte": DAY - timedelta(days=30), "lt": DAY}


def between(column: str) -> dict[str, Any]:
    return {f"{column}__{bound}": moment for bound, moment in DAYS.items()}


@pytest.mark.parametrize(
    ("index", "page"),
    {
        "payment_by_status": lambda: head(*NEWEST, status="cancelled"),
        "payment_by_user": lambda: head(*NEWEST, user_id=1),
        "payment_by_pay_method": lambda: head(*NEWEST, pay_method="paypal"),
        "payment_by_amount": lambda: head("-amount", "-pk"),
        "payment_by_amount using": lambda: head("amount", "pk", amount__gte=10_000),
        "payment_by_paid_at": lambda: head("-paid_at", "-pk", paid_at__isnull=False),
        "payment_by_paid_at using": lambda: head("paid_at", "pk", paid_at__isnull=False),
        "payment_by_paid_at on": lambda: head("-paid_at", "-pk", **between("paid_at")),
        "payment_by_requested_at": lambda: head("-requested_at", "-pk", **between("requested_at")),
        "payment_by_cancelled_at": lambda: head("-cancelled_at", "-pk", **between("cancelled_at")),
    }.items(),
)
def test_a_page_of_the_list_is_the_head_of_an_index(
    index: str, page: Callable[[], QuerySet[Any, Any]]
) -> None:
    found = plan(page())
    assert index.split(maxsplit=1)[0] in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


def test_flagged_payments_are_found_from_what_is_open() -> None:
    found = plan(Payment.objects.filter(FLAGGED).order_by("-pk").values_list("pk")[:50])
    assert "discrepancy_open_by_payment" in found
    assert "SCAN payments_payment" not in found
    assert "Seq Scan on payments_payment" not in found
