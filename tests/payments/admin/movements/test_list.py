"""The list of movements: money on the day it moved, what a set of it adds up to, for whom."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.datasets.answers import told
from payments.core.db import paginator, transactions
from payments.core.db.rows import insert_rows
from payments.models import Movement, Payment, Product
from payments.selectors import roll_ups
from payments.services.roll_ups.fold import fold
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of

LIST = "/admin/payments/movement/"
# From test to test: that they are large says nothing of what is left to fold.
IDS_GO_ON = 10**9
_FIELDS = Movement._meta.fields
MARCH, APRIL = (datetime(2026, month, 31 if month == 3 else 1, 3, tzinfo=UTC) for month in (3, 4))


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    return sign_in(finance)


@pytest.fixture
def refunded(customer: User, product: Product) -> Payment:
    """99,000 won on 31 March at 23:30 in Korea; 30,000 of it went back an hour later, in April."""
    at = datetime(2026, 3, 31, 14, 30, tzinfo=UTC)
    return builders.refunded(customer, product, refund=30_000, at=at)


@pytest.fixture
def other_attempt(refunded: Payment) -> Movement:
    """A second approval's money."""
    answer = told(refunded, imp_uid="imp_other", paid_at=APRIL)
    row = Movement(
        payment=refunded,
        event_sequence=1,
        key="approval:imp_other",
        kind="approval",
        imp_uid=answer["imp_uid"],
        is_own=False,
        amount=99_000,
        happened_at=APRIL,
        day=APRIL.date(),
        observed_at=APRIL,
    )
    insert_rows(rows=[row])
    return Movement.objects.get(is_own=False)


def shown(client: Client, query: str = "") -> list[int]:
    """The won of the list's rows, in their order."""
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return [movement.amount for movement in response.context["cl"].result_list]


def totals(client: Client, query: str = "") -> tuple[int, int, int, int]:
    figures = client.get(f"{LIST}{query}").context["cl"].totals
    return figures.approved, figures.refunded, figures.net, figures.others


def test_a_refund_stands_on_its_own_day_in_korea(client: Client, refunded: Payment) -> None:
    assert shown(client) == [-30_000, 99_000]
    assert shown(client, "?from=2026-03-31&to=2026-03-31") == [99_000]
    assert shown(client, "?from=2026-04-01&to=2026-04-01") == [-30_000]


def test_the_totals_are_those_of_the_filtered_set(
    client: Client, refunded: Payment, other_attempt: Movement
) -> None:
    assert totals(client) == (99_000, 30_000, 69_000, 99_000)
    assert totals(client, "?from=2026-04-01") == (0, 30_000, -30_000, 99_000)
    assert totals(client, "?attempt=own&to=2026-03-31") == (99_000, 0, 99_000, 0)


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(
    "query",
    [
        *("?attempt=own", "?kind=refund", "?from=2026-04-01&to=2026-04-30", "?to=2026-03-31"),
        *("?pay_method=card&pg_provider=html5_inicis", "?pg_id=none", "?test=none", "?test=only"),
        "?attempt=other&from=2026-04-01",
    ],
)
def test_a_long_list_that_days_kinds_and_ways_narrow_is_added_up_without_its_rows(
    client: Client,
    refunded: Payment,
    other_attempt: Movement,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    *,
    is_folded: bool,
) -> None:
    counted = client.get(f"{LIST}{query}").context["cl"].totals
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    monkeypatch.setattr(roll_ups, "LEFT_AT_MOST", IDS_GO_ON)
    if is_folded:
        fold(seconds=60)
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", -1)
    with CaptureQueriesContext(connection) as queries:
        rolled_up = client.get(f"{LIST}{query}").context["cl"].totals
    assert any("payments_movementrollup" in one["sql"] for one in queries.captured_queries)
    assert replace(rolled_up, earlier=None) == replace(counted, earlier=None)


def test_of_days_alone_it_says_what_had_been_approved_before_them(
    client: Client, refunded: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "?from=2026-04-01&to=2026-04-30"
    assert "Of which approved on earlier days" in text_of(client.get(LIST + query))
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 0)
    monkeypatch.setattr(roll_ups, "LEFT_AT_MOST", IDS_GO_ON)
    assert client.get(LIST + query).context["cl"].totals.earlier == 30_000
    assert client.get(LIST + "?from=2026-03-01&to=2026-04-30").context["cl"].totals.earlier == 0


@pytest.mark.parametrize("query", ["?amount_min=1", "?q=imp_other"])
def test_a_long_list_that_only_its_rows_can_tell_is_added_up_on_demand(
    client: Client,
    refunded: Payment,
    other_attempt: Movement,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    expected = client.get(f"{LIST}{query}")
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 0)
    response = client.get(f"{LIST}{query}")
    assert response.context["cl"].totals is None
    assert f'<a href="{LIST}totals/{query}">Add up this list</a>' in text_of(response)
    page = client.get(f"{LIST}totals/{query}")
    assert page.context["cl"].totals == expected.context["cl"].totals
    assert "<html" in text_of(page)
    part = client.get(f"{LIST}totals/{query}", headers={"hx-request": "true"})
    assert "<html" not in text_of(part)


def test_a_later_refund_moves_nothing_in_an_earlier_month(
    client: Client, customer: User, product: Product
) -> None:
    bought, first, second = (
        datetime(2026, month, day, 3, tzinfo=UTC) for month, day in ((10, 20), (10, 31), (11, 29))
    )
    october, november = "?from=2026-10-01&to=2026-10-31", "?from=2026-11-01&to=2026-11-30"
    payment = builders.paid(customer, product, at=bought, amount=15_000)
    builders.gave_back(payment, (3_000, first))
    before = client.get(LIST + october).context["cl"].totals
    assert (shown(client, october), before.refunded, before.net) == (
        [-3_000, 15_000],
        3_000,
        12_000,
    )
    builders.gave_back(payment, (3_000, first), (2_000, second))
    assert shown(client, october) == [-3_000, 15_000]
    assert client.get(LIST + october).context["cl"].totals == before
    assert shown(client, november) == [-2_000]
    assert totals(client, november) == (0, 2_000, -2_000, 0)


def test_a_mid_finds_what_moved_under_it(client: Client, refunded: Payment) -> None:
    facts = {field.attname: getattr(refunded.movements.first(), field.attname) for field in _FIELDS}
    insert_rows(rows=[Movement(**facts | {"id": None, "key": "x", "pg_id": "INIpayTest-1"})])
    assert shown(client, "?pg_id=INIpayTest-1") == [99_000]
    assert shown(client, "?pg_id=INIpay") == []
    assert shown(client, f"?pg_id={'x' * 81}") == []


def test_test_payments_are_shown_and_in_no_sum(client: Client, refunded: Payment) -> None:
    rows = [
        Movement(
            payment=refunded,
            event_sequence=1,
            key=f"approval:imp_test_{is_own}",
            kind="approval",
            imp_uid="imp_test",
            is_own=is_own,
            is_test=True,
            amount=1_000,
            happened_at=APRIL,
            day=APRIL.date(),
            observed_at=APRIL,
        )
        for is_own in (True, False)
    ]
    insert_rows(rows=rows)
    page = client.get(LIST)
    assert page.context["cl"].totals.tests == 2_000
    assert totals(client) == (99_000, 30_000, 69_000, 0)
    assert "Test payments, in no sum" in text_of(page)
    assert len(re.findall(r"Test payment</span>|· Test payment<", text_of(page))) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?kind=refund", [-30_000]),
        ("?kind=approval,refund&attempt=own", [-30_000, 99_000]),
        ("?attempt=other", [99_000]),
        ("?amount_max=30000", [-30_000]),
        ("?amount_min=30,001&attempt=own", [99_000]),
        ("?pay_method=card&attempt=own", [-30_000, 99_000]),
        ("?pay_method=vbank", []),
        ("?pg_provider=html5_inicis", [-30_000, 99_000]),
        ("?pg_id=x", []),
        ("?test=none&attempt=own", [-30_000, 99_000]),
        ("?test=only", []),
        ("?q=imp_other", [99_000]),
        ("?q=nothing", []),
    ],
)
def test_it_is_narrowed_by_what_finance_asks_for(
    client: Client, other_attempt: Movement, query: str, found: list[int]
) -> None:
    assert shown(client, query) == found


def test_an_order_number_finds_all_that_its_money_did(client: Client, refunded: Payment) -> None:
    assert shown(client, f"?q={refunded.merchant_uid}") == [-30_000, 99_000]


def test_it_is_narrowed_by_the_mid(client: Client, refunded: Payment) -> None:
    rows = [
        Movement(
            payment=refunded,
            event_sequence=1,
            key=f"refund:{mid}",
            kind="refund",
            imp_uid="imp_mid",
            is_own=True,
            pg_id=mid,
            amount=-won,
            happened_at=APRIL,
            day=APRIL.date(),
            observed_at=APRIL,
        )
        for mid, won in (("MOIshop01", 1), ("INIshop02", 2), ("moishop01", 3))
    ]
    insert_rows(rows=rows)
    assert shown(client, "?pg_id=MOIshop01") == [-1]
    assert shown(client, "?pg_id= MOIshop01 ,INIshop02") == [-2, -1]
    chips = client.get(f"{LIST}?pg_id=MOIshop01").context["cl"].chips
    assert [(term.label, term.display) for term, _url in chips] == [("MID", "MOIshop01")]


@pytest.mark.parametrize("column", ["merchant_uid", "imp_uid", "apply_num"])
def test_an_id_of_the_payment_finds_its_money(
    client: Client, refunded: Payment, customer: User, product: Product, column: str
) -> None:
    builders.paid(customer, product, at=APRIL)
    Payment.objects.exclude(pk=refunded.pk).update(apply_num="30099999")
    text = str(getattr(refunded, column))
    assert shown(client, f"?q={text}") == [-30_000, 99_000]
    assert shown(client, f"?q={text[:-1]}") == []
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{LIST}?q={text}")
    # The payment is looked up by its index, and nothing is looked for besides.
    assert not [query for query in queries if "external_id" in query["sql"].partition("WHERE")[2]]


def test_an_id_of_a_refund_or_of_the_pg_finds_it(client: Client, refunded: Payment) -> None:
    refund = refunded.movements.get(kind="refund")
    assert shown(client, f"?q={refund.external_id}") == [-30_000]
    both = f"{refund.external_id},{refunded.merchant_uid}"
    assert shown(client, f"?q={both}") == [-30_000, 99_000]


def test_a_row_has_the_approval_number_of_its_own_attempt(
    client: Client, refunded: Payment, other_attempt: Movement
) -> None:
    assert text_of(client.get(f"{LIST}?attempt=own")).count("Approval 30012345") == 2
    assert "Approval 30012345" not in text_of(client.get(f"{LIST}?attempt=other"))


@pytest.mark.parametrize(
    "query", ["?kind=x", "?attempt=x", "?from=2026-02-30", "?amount_min=x", "?pay_method=%00"]
)
def test_what_makes_no_sense_finds_nothing_and_says_so(
    client: Client, refunded: Payment, query: str
) -> None:
    assert shown(client, query) == []
    assert "Nothing is shown until the filter makes sense." in text_of(client.get(LIST + query))


def test_what_is_unusual_about_a_row_is_said(client: Client, other_attempt: Movement) -> None:
    page = text_of(client.get(LIST))
    assert "Another attempt" in page
    assert "Other attempts, in no sum" in page


def test_a_list_costs_the_same_for_many_rows(
    client: Client, customer: User, product: Product, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        builders.paid(customer, product)
    with django_assert_max_num_queries(9):
        assert len(shown(client)) == 20


def test_its_page_says_how_it_was_learnt_and_can_not_be_changed(
    client: Client, refunded: Payment
) -> None:
    movement = refunded.movements.get(kind="refund")
    url = f"{LIST}{movement.pk}/change/"
    assert "−₩30,000" in text_of(client.get(url))
    assert client.post(url, {"amount": 1}).status_code == 403
    assert refunded.movements.get(kind="refund").amount == -30_000


def test_an_empty_book_says_what_will_stand_there(client: Client) -> None:
    assert "No money has moved yet." in text_of(client.get(LIST))
