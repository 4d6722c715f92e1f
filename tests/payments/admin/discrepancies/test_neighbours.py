"""From one discrepancy to the next, as the list has them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import User
from payments.admin.shared.links import OLDEST_FIRST
from payments.models import Discrepancy
from tests.payments.admin.conftest import SignIn, messages_on, text_of
from tests.payments.books import missing_here

from .pages import LIST, address, close, own


@pytest.fixture
def rows(db: None) -> list[Discrepancy]:
    """Four, the first the oldest; two of them over the same amount."""
    rows = []
    for number, amount in enumerate((2_000, 9_000, 2_000, 1_000), start=1):
        row = missing_here(f"imp_{number}", f"order-{number}", amount)
        found_at = timezone.now() - timedelta(days=10 - number)
        Discrepancy.objects.filter(pk=row.pk).update(found_at=found_at)
        rows.append(row)
    return rows


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


def page_of(row: Discrepancy, query: str = "") -> str:
    return address(row) + (f"?{urlencode({'_changelist_filters': query})}" if query else "")


def way(client: Client, first: Discrepancy, query: str) -> list[str]:
    """The order numbers from one page to the next, to the end."""
    numbers, url = [], page_of(first, query)
    while url:
        response = client.get(url)
        numbers.append(response.context["discrepancy"].merchant_uid)
        url = response.context["next_url"]
    return numbers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "o=5",
        "o=-5",
        OLDEST_FIRST,
        "o=6",
        "o=-5.6&p=2",
        "amount_min=2000&o=-5",
        "owner=nobody",
        "state=all&age=7",
    ],
)
def test_pages_follow_each_other_as_the_list_has_them(
    client: Client, rows: list[Discrepancy], query: str
) -> None:
    listed = list(client.get(f"{LIST}?{query.partition('&p')[0]}").context["cl"].queryset)
    assert way(client, listed[0], query) == [row.merchant_uid for row in listed]
    for before, row in zip([None, *listed], listed, strict=False):
        previous = client.get(page_of(row, query)).context["previous_url"]
        assert previous == (page_of(before, query) if before else "")


def test_the_links_are_on_the_page(client: Client, rows: list[Discrepancy]) -> None:
    page = text_of(client.get(page_of(rows[1], "owner=nobody")))
    there = "?_changelist_filters=owner%3Dnobody"
    assert f'rel="prev" href="{address(rows[2])}{there}"' in page
    assert f'rel="next" href="{address(rows[0])}{there}"' in page


def test_one_that_is_on_the_list_no_more_still_has_its_place(
    client: Client, rows: list[Discrepancy], finance: User
) -> None:
    own(client, rows[1], finance)
    response = client.get(page_of(rows[1], "owner=nobody"))
    assert response.context["next_url"] == page_of(rows[0], "owner=nobody")


@pytest.mark.parametrize(
    "query", ["age=x", "o=x", "nosuch=1", "run__id=1", "q=%00", "a=b&" * 2_000]
)
def test_a_filter_that_makes_no_sense_leads_nowhere_and_breaks_nothing(
    client: Client, rows: list[Discrepancy], query: str
) -> None:
    assert client.get(page_of(rows[1], query)).status_code == 200
    body = {"version": rows[1].version, "reason": "other", "text": "확인 완료했습니다"}
    response = client.post(address(rows[1], "close"), body | {"_changelist_filters": query})
    assert response.status_code == 302


def test_after_closing_the_next_open_one_follows_and_a_link_back(
    client: Client, rows: list[Discrepancy]
) -> None:
    query = "state=all&o=-6"
    close(client, rows[1])
    response = close(client, rows[0], _changelist_filters=query)
    assert response["Location"] == page_of(rows[2], query)
    page = text_of(client.get(response["Location"]))
    said = re.findall(r'<li class="success">(.*?)</li>', page, re.DOTALL)[-1]
    assert "The discrepancy is closed." in said
    assert f'<a href="{page_of(rows[0], query)}">order-1</a>' in said


def test_after_the_last_one_what_was_passed_over_comes_again(
    client: Client, rows: list[Discrepancy]
) -> None:
    response = close(client, rows[0])
    assert response["Location"] == page_of(rows[3])
    for row in rows[1:3]:
        close(client, row)
    response = close(client, rows[3])
    assert response["Location"] == LIST


def test_when_none_is_left_the_list_says_so(client: Client, rows: list[Discrepancy]) -> None:
    response = close(client, rows[1], _changelist_filters="amount_min=9000")
    assert response["Location"] == f"{LIST}?amount_min=9000"
    assert "No more discrepancies are open on this list." in messages_on(response)


def test_the_page_costs_the_same_however_long_the_list_is(
    client: Client, rows: list[Discrepancy]
) -> None:
    numbers = []
    for count in (0, 30):
        for number in range(count):
            missing_here(f"imp_more_{number}", f"order-more-{number}")
        client.get(page_of(rows[1]))
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(rows[1], "owner=nobody&o=-5"))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
