"""The figures above the list, and what they cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.db import paginator, transactions
from payments.models import Product
from payments.selectors import roll_ups
from payments.services.roll_ups.fold import fold
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, text_of

TOTALS = f"{LIST}totals/"


@pytest.fixture
def client(viewer: User, customer: User, product: Product, sign_in: SignIn) -> Client:
    """The viewer's browser, with four payments in the shop."""
    builders.paid(customer, product)
    builders.paid(customer, product, amount=1_000)
    builders.refunded(customer, product, refund=9_000)
    builders.failed(customer, product)
    return sign_in(viewer)


def bar(page: str) -> str:
    return page.split('<dl class="figures">')[1].split("</ul>", maxsplit=1)[0]


def test_the_bar_says_count_gross_refunded_and_net(client: Client) -> None:
    figures = bar(text_of(client.get(LIST)))
    for figure in ("<dd>4</dd>", "<dd>₩199,000</dd>", "<dd>₩9,000</dd>", "<dd>₩190,000</dd>"):
        assert figure in figures


def test_test_payments_are_in_no_figure_and_the_bar_says_so(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product, amount=5_000, is_test=True)
    page = text_of(client.get(f"{LIST}?status=paid"))
    assert ["<dd>2</dd>" in bar(page), "<dd>₩100,000</dd>" in bar(page)] == [True, True]
    assert "1 test payment over net ₩5,000 is not in these figures." in " ".join(page.split())
    assert f'href="{LIST}?status=paid&amp;test=only"' in page
    assert page.count("Test payment<") == 1


@pytest.mark.parametrize(
    ("query", "count", "gross"),
    [("test=only", 1, "₩5,000"), ("test=none", 4, "₩199,000"), ("", 4, "₩199,000")],
)
def test_a_list_of_test_payments_adds_them_up(
    client: Client, customer: User, product: Product, query: str, count: int, gross: str
) -> None:
    builders.paid(customer, product, amount=5_000, is_test=True)
    page = text_of(client.get(f"{LIST}?{query}"))
    assert [f"<dd>{count}</dd>" in bar(page), f"<dd>{gross}</dd>" in bar(page)] == [True, True]
    assert ("in these figures" in page) is (query == "")


def test_each_status_is_counted_and_leads_to_the_list_of_it(client: Client) -> None:
    page = text_of(client.get(f"{LIST}?status=paid&amount_min=1000&p=1"))
    statuses = bar(page).split("<li>")[1:]
    names = ("Not paid", "Paid", "Failed", "Cancelled")
    assert [name in status for name, status in zip(names, statuses, strict=True)] == [True] * 4
    assert ['<span class="number">2</span>' in status for status in statuses] == [
        'class="number"' in status for status in statuses
    ]
    assert ['aria-current="true"' in status for status in statuses] == [False, True, False, False]
    assert f'href="{LIST}?amount_min=1000&amp;status=failed"' in statuses[2]


def test_a_list_too_long_to_count_fetches_its_figures_afterwards(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 2)
    with CaptureQueriesContext(connection) as captured:
        page = text_of(client.get(f"{LIST}?amount_min=1"))
    assert not any("SUM(" in query["sql"] for query in captured.captured_queries)
    assert f'hx-get="{TOTALS}?amount_min=1" hx-trigger="load"' in page
    assert f'<a href="{TOTALS}?amount_min=1">Add up this list</a>' in page
    assert 'class="figures"' not in page
    with CaptureQueriesContext(connection) as captured:
        fetched = text_of(client.get(f"{TOTALS}?amount_min=1", headers={"hx-request": "true"}))
    payments = [q for q in captured.captured_queries if "payments_payment" in q["sql"]]
    assert len(payments) == 1
    assert "<html" not in fetched
    assert "<dd>₩199,000</dd>" in bar(fetched)


def test_without_javascript_the_figures_are_a_page_that_leads_back(client: Client) -> None:
    page = text_of(client.get(f"{TOTALS}?status=paid,cancelled"))
    assert "<html" in page
    assert "<dd>₩199,000</dd>" in bar(page)
    assert f'href="{LIST}?status=paid%2Ccancelled"' in page


@pytest.mark.parametrize("query", ["status=bogus", "q=colour:red"])
def test_a_filter_that_makes_no_sense_adds_up_to_nothing_and_says_so(
    client: Client, query: str
) -> None:
    page = text_of(client.get(f"{TOTALS}?{query}"))
    assert "<dd>0</dd>" in bar(page)
    assert 'role="alert"' in page
    assert client.get(f"{TOTALS}?bogus=1")["Location"] == f"{LIST}?bogus=1"


@pytest.mark.parametrize(
    ("query", "words", "movements"),
    [
        ("", "By payment", "/admin/payments/movement/"),
        (
            "?from=2026-04-01&to=2026-04-02&pay_method=card&status=paid",
            "By approval day",
            "/admin/payments/movement/?from=2026-04-01&to=2026-04-02&pay_method=card",
        ),
        (
            "?basis=requested&to=2026-04-02",
            "By order day",
            "/admin/payments/movement/?to=2026-04-02",
        ),
        (
            "?basis=cancelled&from=2026-04-02",
            "By refund day",
            "/admin/payments/movement/?from=2026-04-02",
        ),
    ],
)
def test_the_bar_says_by_what_it_adds_up_and_leads_to_the_other_basis(
    client: Client, query: str, words: str, movements: str
) -> None:
    page = text_of(client.get(LIST + query))
    assert f"<strong>{words}</strong>" in page
    assert f'<a href="{movements}">By the day the money moved</a>' in page.replace("&amp;", "&")
    assert client.get(movements).context["cl"].is_understood


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(
    "query",
    [
        *("", "?status=paid,cancelled", "?pay_method=card", "?pg_provider=html5_inicis"),
        *("?basis=requested&from=2026-04-01&to=2026-04-01", "?basis=requested&to=2026-03-01"),
        *("?from=2026-04-01&to=2026-04-01", "?from=2026-04-02", "?status=cancelled&to=2026-04-01"),
    ],
)
def test_a_long_list_that_status_and_ways_narrow_is_added_up_without_its_rows(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, *, is_folded: bool
) -> None:
    counted = client.get(LIST + query).context["cl"].totals
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    # Ids go on from test to test: that they are large says nothing here.
    monkeypatch.setattr(roll_ups, "LEFT_AT_MOST", 10**9)
    if is_folded:
        fold(seconds=60)
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", -1)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(LIST + query).context["cl"].totals == counted
    assert any("payments_orderrollup" in one["sql"] for one in queries.captured_queries)


@pytest.mark.parametrize(
    "query", ["?basis=cancelled&from=2026-04-01", "?attention=any", "?q=amount:>1"]
)
def test_what_sums_are_not_kept_by_is_added_up_on_demand(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", -1)
    assert client.get(LIST + query).context["cl"].totals is None


def test_a_long_list_waits_for_no_sums_that_are_not_folded_yet(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = client.get(LIST).context["cl"].totals
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", -1)
    monkeypatch.setattr(roll_ups, "LEFT_AT_MOST", 0)
    assert client.get(LIST).context["cl"].totals is None
    assert client.get(TOTALS).context["cl"].totals == counted
