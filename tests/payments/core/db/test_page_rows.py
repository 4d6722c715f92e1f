"""A page of a list is its ids, then those rows: the same rows as the slice, in the same order."""

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.db.page_rows import page_rows
from payments.models import Payment, Product
from tests.payments import builders


@pytest.fixture
def _shop(customer: User, product: Product) -> None:
    for number in range(7):
        kind = builders.paid if number % 3 else builders.ordered
        kind(customer, product, amount=1_000 + number % 2)


ORDERS: dict[str, list[str | OrderBy]] = {
    "newest": ["-pk"],
    "by amount": ["amount", "pk"],
    "latest payment": [F("paid_at").desc(nulls_last=True), "-pk"],
    "earliest payment": [F("paid_at").asc(nulls_last=True), "pk"],
}


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("start", "stop"), [(0, 3), (2, 5), (3, 6), (4, 7), (5, 9), (6, 7), (7, 9)]
)
def test_a_page_is_the_slice_of_the_whole(order: str, start: int, stop: int) -> None:
    payments = Payment.objects.order_by(*ORDERS[order])
    assert page_rows(payments, start, stop) == list(payments)[start:stop]


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("order", ORDERS)
def test_a_page_of_a_filtered_list_stays_within_the_filter(order: str) -> None:
    payments = Payment.objects.filter(amount=1_001).order_by(*ORDERS[order])
    assert page_rows(payments, 1, 4) == list(payments)[1:4]


@pytest.mark.usefixtures("_shop")
def test_only_the_rows_of_the_page_are_joined() -> None:
    payments = Payment.objects.select_related("user").order_by("-pk")
    with CaptureQueriesContext(connection) as queries:
        rows = page_rows(payments, 2, 4)
        assert [row.user.username for row in rows] == ["customer", "customer"]
    ids, joined = (query["sql"] for query in queries)
    assert "JOIN" not in ids
    assert "JOIN" in joined
    assert '"id" IN (' in joined


def test_an_empty_page_costs_one_query(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert page_rows(Payment.objects.order_by("-pk"), 0, 50) == []
    assert len(queries) == 1
