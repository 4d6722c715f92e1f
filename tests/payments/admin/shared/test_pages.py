"""Pages of a list that is longer than it is counted: by the row beside them, from either end."""

import html
import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.db import paginator
from payments.models import Payment, Product
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, listed, text_of

LINK = re.compile(r'<a href="([^"]*)" rel="(\w+)">')


@pytest.fixture
def payments(customer: User, product: Product, monkeypatch: pytest.MonkeyPatch) -> list[Payment]:
    """A hundred and thirty, the newest first, of which every third is paid; sixty are counted."""
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 60)
    makers = (builders.paid, builders.ordered, builders.ordered)
    made = [makers[number % 3](customer, product, amount=1_000 + number) for number in range(130)]
    return made[::-1]


@pytest.fixture
def client(viewer: User, sign_in: SignIn) -> Client:
    return sign_in(viewer)


def links(client: Client, query: str) -> dict[str, str]:
    """Where the page's links lead, by what they are: the query strings."""
    page = text_of(client.get(f"{LIST}?{query}"))
    return {rel: html.unescape(url).removeprefix("?") for url, rel in LINK.findall(page)}


def walk(client: Client, query: str, rel: str) -> Iterator[str]:
    """This page and those that its links lead to, one after the other."""
    yield query
    while rel in (found := links(client, query)):
        query = found[rel]
        yield query


def numbers(payments: list[Payment]) -> set[str]:
    return {payment.merchant_uid for payment in payments}


@pytest.mark.parametrize("order", ["", "o=-3", "o=3", "o=5", "o=-5"])
def test_each_row_is_on_one_page_whichever_way_one_goes(
    client: Client, payments: list[Payment], order: str
) -> None:
    onwards = [listed(client, query) for query in walk(client, order, "next")]
    assert [len(page) for page in onwards] == [50, 50, 30]
    assert set.union(*onwards) == numbers(payments)
    last = links(client, order)["last"]
    backwards = [listed(client, query) for query in walk(client, last, "prev")]
    # At the front it is the first page again, whole.
    assert [len(page) for page in backwards] == [50, 50, 50]
    assert backwards[-1] == onwards[0]
    assert set.union(*backwards) == numbers(payments)


def test_numbers_as_far_as_is_counted_then_keys(client: Client, payments: list[Payment]) -> None:
    after = payments[99].pk
    assert list(walk(client, "", "next")) == ["", "p=2", f"after={after}"]
    assert links(client, f"after={after}") == {
        "first": "",
        "prev": f"before={payments[100].pk}",
    }
    assert links(client, "before=end") == {"first": "", "prev": f"before={payments[80].pk}"}


def test_an_address_stands_for_the_same_rows_whatever_comes_in(
    client: Client, payments: list[Payment], customer: User, product: Product
) -> None:
    query = f"after={payments[99].pk}"
    before = listed(client, query)
    builders.ordered(customer, product)
    assert listed(client, query) == before == numbers(payments[100:])


def test_the_filter_goes_along_and_other_links_leave_the_page_behind(
    client: Client, payments: list[Payment]
) -> None:
    query = f"status=ready&after={payments[60].pk}"
    assert links(client, query)["first"] == "status=ready"
    assert listed(client, query) == {
        payment.merchant_uid for payment in payments[61:] if payment.status == "ready"
    }
    page = text_of(client.get(f"{LIST}?{query}"))
    others = re.sub('<p class="paginator">.*?</p>', "", page, flags=re.DOTALL)
    assert [url for url in re.findall(r'href="(\?[^"]*)"', others) if "after" in url] == []


@pytest.mark.parametrize("position", ["x", "", "0", "99999999999999999999", "-1", "5;DROP"])
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_row_that_is_none_leads_to_the_first_page(
    client: Client, payments: list[Payment], name: str, position: str
) -> None:
    assert listed(client, f"{name}={position}") == numbers(payments[:50])


@pytest.mark.parametrize("number", [3, 2_000, 20_000_000])
def test_a_number_that_no_page_has_leads_to_the_last_that_has_one(
    client: Client, payments: list[Payment], number: int
) -> None:
    """No address makes the database count far: an offset reads everything before it."""
    with CaptureQueriesContext(connection) as queries:
        page = text_of(client.get(f"{LIST}?p={number}"))
    offsets = [int(found) for found in re.findall(r"OFFSET (\d+)", str(queries.captured_queries))]
    assert offsets == [50]
    assert listed(client, f"p={number}") == numbers(payments[50:100])
    assert "Pages have numbers up to 2, and this is that page." in page
    assert links(client, f"p={number}") == links(client, "p=2")
    assert "Pages have numbers" not in text_of(client.get(f"{LIST}?p=2"))


def test_an_order_without_keys_ends_with_the_numbers_and_says_so(
    client: Client, payments: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paginator, "has_keys", lambda rows: False)
    words = "In this order it goes no further"
    assert list(walk(client, "", "next")) == ["", "p=2"]
    assert words in text_of(client.get(f"{LIST}?p=2"))
    assert words not in text_of(client.get(LIST))


def test_a_list_that_is_counted_has_numbers_alone(
    client: Client, customer: User, product: Product
) -> None:
    made = [builders.ordered(customer, product) for _ in range(51)]
    assert links(client, "") == {"next": "p=2"}
    assert listed(client, "before=end") == numbers(made[1:])
