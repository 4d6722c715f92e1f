"""Pages by a row: the same rows in the same order as by number, from either end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, OrderBy, QuerySet

from accounts.models import User
from payments.core.db.keyed_page import has_keys, last_page, page_after, page_before
from payments.models import Payment, Product
from tests.payments import builders

SIZE = 3
PAID_FIRST = OrderBy(F("paid_at"), nulls_last=True)
PAID_LAST_FIRST = OrderBy(F("paid_at"), descending=True, nulls_last=True)
ORDERS = [
    ("-pk",),
    ("pk",),
    ("amount", "pk"),
    ("-amount", "-pk"),
    ("-status", "amount", "-pk"),
    (PAID_FIRST, "pk"),
    (PAID_LAST_FIRST, "-pk"),
]


@pytest.fixture
def payments(customer: User, product: Product) -> QuerySet[Payment]:
    """Eight, some of one amount and some of one moment, three without a payment date."""
    for number in range(5):
        at = builders.NOON + timedelta(minutes=number // 2)
        builders.paid(customer, product, at=at, amount=1_000 * (1 + number % 2))
    for number in range(3):
        builders.ordered(customer, product, amount=1_000 + number)
    return Payment.objects.all()


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_pages_after_one_another_are_the_list(
    payments: QuerySet[Payment], order: tuple[str, ...]
) -> None:
    rows = payments.order_by(*order)
    listed = list(rows)
    for place, row in enumerate(listed):
        page = page_after(rows, row, SIZE)
        assert page.rows == listed[place + 1 :][:SIZE]
        assert page.has_next == (place + 1 + SIZE < len(listed))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_pages_before_one_another_are_the_list(
    payments: QuerySet[Payment], order: tuple[str, ...]
) -> None:
    rows = payments.order_by(*order)
    listed = list(rows)
    for place, row in enumerate(listed):
        page = page_before(rows, row, SIZE)
        assert page.rows == listed[:place][-SIZE:]
        assert page.has_previous == (place > SIZE)
    page = last_page(rows, SIZE)
    assert (page.rows, page.has_previous, page.has_next) == (listed[-SIZE:], True, False)


def test_rows_that_are_added_in_front_move_nothing(
    payments: QuerySet[Payment], customer: User, product: Product
) -> None:
    rows = payments.order_by("-pk")
    row = rows[2]
    before = page_after(rows, row, SIZE)
    builders.ordered(customer, product)
    assert page_after(rows, row, SIZE) == before


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        *[(order, True) for order in ORDERS],
        (("paid_at", "-pk"), False),
        (("user__email", "-pk"), False),
        (("amount",), False),
        ((), False),
    ],
    ids=str,
)
def test_which_orders_have_a_place_for_each_row(
    db: None, order: tuple[str, ...], expected: bool
) -> None:
    assert has_keys(Payment.objects.order_by(*order)) == expected


@pytest.mark.parametrize("order", ORDERS[:4], ids=str)
def test_an_index_leads_to_the_page(payments: QuerySet[Payment], order: tuple[str, ...]) -> None:
    """Nothing is sorted and nothing is read from the beginning."""
    rows = payments.order_by(*order)
    row = rows[4]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for what in ("seqscan", "sort", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{what} = off")
    with connection.execute_wrapper(_planned):
        assert page_after(rows, row, SIZE).rows
        assert page_before(rows, row, SIZE).rows


def _planned(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if sql.startswith("SELECT") and "LIMIT" in sql:
        with connection.cursor() as cursor:
            explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            cursor.cursor.execute(explain + sql, params)
            plan = str(cursor.cursor.fetchall())
        leads_there = "Index Cond" if connection.vendor == "postgresql" else "SEARCH"
        assert leads_there in plan, plan
        assert "TEMP B-TREE" not in plan, plan
    return execute(sql, params, many, context)
