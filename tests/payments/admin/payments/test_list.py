"""The list shows what a finance person reads first, and fifty rows cost no more than one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.admin.payments.rows import as_rows
from payments.core.db import paginator
from payments.models import Payment, Product
from payments.states import Verification
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, listed, text_of

HALF_PAST_MIDNIGHT = datetime(2026, 3, 31, 15, 30, 12, tzinfo=UTC)


def list_page(client: Any, query: str = "") -> str:
    return text_of(client.get(f"{LIST}?{query}"))


def test_a_row_says_who_paid_what_for_what_and_when(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    page = list_page(sign_in(viewer))
    for text in (
        payment.merchant_uid,
        "cu***<wbr>@example.com",
        "Devket 프리미엄",
        "₩99,000",
        "Credit or debit card",
        'title="2026-03-31 15:30:12 UTC">2026-04-01 00:30:12 KST<',
    ):
        assert text in page


def test_a_status_is_a_word_and_a_shape_not_a_colour_alone(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.ordered(customer, product)
    builders.ordered(customer, product, vbank_num="110-123")
    builders.refunded(customer, product, refund=1_000)
    builders.found(builders.paid(customer, product), Verification.MISMATCHED)
    page = list_page(sign_in(viewer))
    for look, label in (
        ("wait", "Not paid"),
        ("wait", "Waiting for deposit"),
        ("note", "Partly refunded"),
        ("good", "Paid"),
        ("bad", "Does not agree"),
    ):
        assert f'<span class="badge {look}">{label}</span>' in page


def test_what_is_left_of_a_partly_refunded_payment_stands_beneath_it(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.refunded(customer, product, refund=9_000)
    page = list_page(sign_in(viewer))
    assert "Refunded ₩9,000" in page
    assert "Net ₩90,000" in page


def test_times_follow_the_readers_zone_and_name_it(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    User.objects.filter(pk=viewer.pk).update(time_zone="America/New_York")
    assert ">2026-03-31 11:30:12 EDT<" in list_page(sign_in(viewer))


@pytest.mark.usefixtures("server_zone")
def test_times_are_korean_whatever_the_servers_zone_is(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    assert ">2026-04-01 00:30:12 KST<" in list_page(sign_in(viewer))


def test_the_newest_order_comes_first(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    numbers = [builders.ordered(customer, product).merchant_uid for _ in range(3)]
    page = list_page(sign_in(viewer))
    assert sorted(numbers, key=page.index) == numbers[::-1]


@pytest.mark.parametrize("direction", ["7", "-7"])
def test_unpaid_orders_come_last_whichever_way_the_payment_date_is_sorted(
    operator: User, customer: User, product: Product, sign_in: SignIn, direction: str
) -> None:
    open_order = builders.ordered(customer, product)
    paid = builders.paid(customer, product)
    page = list_page(sign_in(operator), f"o={direction}")
    assert page.index(paid.merchant_uid) < page.index(open_order.merchant_uid)


@pytest.mark.parametrize(("direction", "first"), [("4", 1_000), ("-4", 5_000)])
def test_amounts_can_be_sorted(
    operator: User, customer: User, product: Product, sign_in: SignIn, direction: str, first: int
) -> None:
    for amount in (1_000, 5_000, 3_000):
        builders.ordered(customer, product, amount=amount)
    rows = sign_in(operator).get(f"{LIST}?o={direction}").context["cl"].result_list
    assert rows[0].amount == first


def test_an_empty_list_says_what_to_do(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    assert "There are no payments yet" in list_page(client)
    assert "Show all payments" in list_page(client, "status=paid")


def test_the_environment_band_says_that_no_money_moves(viewer: User, sign_in: SignIn) -> None:
    assert '<div class="environment demo"' in list_page(sign_in(viewer))


# --- What it costs -----------------------------------------------------------------------------


def queries(client: Any, query: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(f"{LIST}?{query}").status_code == 200
    return [entry["sql"] for entry in captured.captured_queries]


@pytest.mark.parametrize(
    ("query", "most"),
    {
        "": 10,
        "status=paid,ready&from=2026-01-01&o=-7": 9,
        "user={user}": 12,
        "q=customer": 12,
    }.items(),
)
def test_one_row_and_fifty_rows_cost_the_same_queries(
    operator: User, customer: User, product: Product, sign_in: SignIn, query: str, most: int
) -> None:
    client, query = sign_in(operator), query.format(user=customer.pk)
    builders.refunded(customer, product, refund=1_000)
    builders.paid(customer, product)
    single = queries(client, query)
    for number in range(48):
        builders.paid(customer, product, at=builders.NOON.replace(minute=number))
    fifty = queries(client, query)
    assert len(single) == len(fifty) <= most
    builders.paid(customer, product)
    assert len(queries(client, query)) <= most


@pytest.mark.parametrize("query", ["", "status=paid", "o=-7", "q=20260401", "p=2"])
def test_no_query_counts_adds_up_or_loads_a_whole_table(
    admin_person: User,
    customer: User,
    product: Product,
    sign_in: SignIn,
    query: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 50)
    for _ in range(51):
        builders.paid(customer, product)
    for sql in queries(sign_in(admin_person), query):
        if "payments_orderrollup" in sql:
            # The orders of days that changed since they were folded are counted by index.
            assert 'FROM "payments_payment"' not in sql or '"requested_at" >=' in sql
            continue
        assert "SUM(" not in sql
        assert "COUNT(" not in sql or "LIMIT 51" in sql
        if 'FROM "accounts_user"' in sql:
            assert "WHERE" in sql
        if 'FROM "payments_payment"' in sql:
            assert any(part in sql for part in ("LIMIT", '"merchant_uid" IN (', '"id" IN ('))


def test_the_customers_are_not_on_the_page(
    viewer: User, customer: User, stranger: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product)
    page = list_page(sign_in(viewer), "_filters=4")
    assert "stranger" not in page
    assert page.split('id="id_user"')[1].split("</select>")[0].count("<option") == 1


def test_past_the_counting_limit_it_says_so_and_still_pages_on(
    viewer: User,
    customer: User,
    product: Product,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 60)
    for _ in range(130):
        builders.ordered(customer, product)
    client = sign_in(viewer)
    assert "60+ payments" in list_page(client)
    assert 'href="?p=2" rel="next"' in list_page(client)
    assert len(listed(client, "p=2")) == 50
    assert 'rel="next"' in list_page(client, "p=2")


def test_a_page_that_does_not_exist_is_refused_below_the_limit(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    for _ in range(51):
        builders.ordered(customer, product)
    assert sign_in(viewer).get(f"{LIST}?p=3")["Location"] == f"{LIST}?e=1"
    assert Payment.objects.count() == 51


# --- Age and order ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "label"),
    {
        timedelta(seconds=-5): "just now",
        timedelta(seconds=59): "just now",
        timedelta(minutes=1): "1 minute ago",
        timedelta(minutes=59): "59 minutes ago",
        timedelta(hours=3): "3 hours ago",
        timedelta(days=2): "2 days ago",
    }.items(),
)
def test_a_verification_says_how_old_it_is(
    viewer: User,
    customer: User,
    product: Product,
    sign_in: SignIn,
    ago: timedelta,
    label: str,
) -> None:
    builders.paid(customer, product)
    with time_machine.travel(builders.NOON + ago, tick=False):
        page = list_page(sign_in(viewer))
    assert f'<span class="age" title="2026-04-01 03:00:00 UTC">{label}</span>' in page


@pytest.mark.parametrize(
    ("query", "order"),
    {
        "o=-7": "NULLS LAST",
        "o=-7&period=90d": '"paid_at" DESC, "payments_payment"."id" DESC',
        "o=7&from=2026-01-01": '"paid_at" ASC, "payments_payment"."id" ASC',
        "o=-7&basis=requested&period=90d": "NULLS LAST",
    }.items(),
)
def test_within_days_of_payment_the_index_by_payment_date_gives_the_order(
    operator: User, sign_in: SignIn, query: str, order: str
) -> None:
    sql = str(sign_in(operator).get(f"{LIST}?{query}").context["cl"].queryset.query)
    assert order in sql.partition("ORDER BY")[2]


@pytest.mark.parametrize("query", ["o=4.7", "o=4.-7", "o=4"])
def test_it_is_sorted_by_one_column_so_that_an_index_has_its_order(
    operator: User, sign_in: SignIn, query: str
) -> None:
    changelist = sign_in(operator).get(f"{LIST}?{query}").context["cl"]
    assert changelist.queryset.query.order_by == ("amount", "pk")
    assert changelist.get_ordering_field_columns() == {4: "asc"}


def test_no_address_sorts_by_a_column_without_an_index(operator: User, sign_in: SignIn) -> None:
    changelist = sign_in(operator).get(f"{LIST}?o=1").context["cl"]
    assert changelist.queryset.query.order_by == ("-pk",)


def test_a_row_masks_by_default(customer: User, product: Product) -> None:
    [row] = as_rows([builders.paid(customer, product)])
    assert row.customer == "cu***@example.com"
