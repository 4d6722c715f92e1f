"""Whatever narrows the list stands above it, and can be taken away one by one."""

from html import unescape
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from payments.models import Product
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, text_of


@pytest.fixture
def client(viewer: User, sign_in: SignIn) -> Client:
    """The viewer's browser."""
    return sign_in(viewer)


def chips(client: Client, query: str) -> dict[str, str]:
    """What each chip says, and the query that its link leads to."""
    found: Any = client.get(f"{LIST}?{query}").context["cl"].chips
    return {f"{term.label}: {term.display}": url.removeprefix("?") for term, url in found}


def test_each_value_has_a_chip_and_its_link_takes_just_that_one_away(client: Client) -> None:
    found = chips(client, "status=paid,ready&status=failed&q=order:1&o=-4&p=2")
    assert set(found) == {"Search: order:1", "Status: Paid", "Status: Not paid", "Status: Failed"}
    left = QueryDict(found["Status: Paid"])
    assert left.getlist("status") == ["ready", "failed"]
    assert (left["q"], left["o"]) == ("order:1", "-4")
    assert "p" not in left
    assert QueryDict(found["Search: order:1"]).getlist("status") == ["paid,ready", "failed"]


@pytest.mark.parametrize(
    ("query", "chip", "left"),
    [
        ("from=2026-04-01&to=2026-04-30", "Paid: 2026-04-01~2026-04-30", ""),
        ("from=2026-04-01", "Paid: 2026-04-01~", ""),
        ("basis=cancelled&to=2026-04-30&o=1", "Refunded: ~2026-04-30", "o=1"),
        ("basis=requested&period=7d", "Ordered: 7 days (2026-03-27~2026-04-02)", ""),
        ("period=today", "Paid: Today (2026-04-02)", ""),
        ("amount_min=1000&amount_max=5,000", "Amount: ₩1,000~₩5,000", ""),
        ("amount_max=5000", "Amount: ~₩5,000", ""),
        ("pay_method=kakaopay", "Payment method: KakaoPay", ""),
        ("pay_method=newpay", "Payment method: newpay", ""),
        ("pg_provider=nice_v2", "PG: NICE Payments", ""),
        ("verification=mismatched", "Verification: Does not agree", ""),
        ("attention=any", "Needs attention: Anything", ""),
        ("attention=late_approval", "Needs attention: Paid after it had failed", ""),
        ("amount__gte=5", "amount__gte: 5", ""),
    ],
)
def test_a_chip_says_it_in_words(client: Client, query: str, chip: str, left: str) -> None:
    with time_machine.travel("2026-04-02T03:00:00Z"):
        assert chips(client, query) == {chip: left}


def test_a_customers_chip_is_masked(client: Client, customer: User) -> None:
    assert chips(client, f"user={customer.pk}") == {"Customer: cu***@example.com": ""}


def test_a_value_that_makes_no_sense_has_a_chip_that_says_so_and_can_be_cleared(
    client: Client,
) -> None:
    query = "status=paid,bogus&amount_min=x&user=abc&from=tomorrow&period=ever&basis=x&attention=y"
    found = client.get(f"{LIST}?{query}").context["cl"].chips
    wrong = {term.display for term, _ in found if term.is_wrong}
    assert wrong == {"bogus", "x~", "abc", "ever", "y"}
    assert {term.display for term, _ in found if not term.is_wrong} == {"Paid"}


def test_an_unnarrowed_list_has_no_chips_and_nothing_to_clear(client: Client) -> None:
    page = text_of(client.get(f"{LIST}?status=&q=&basis=paid&o=-4"))
    assert "Clear all" not in page
    assert "Clear all" in text_of(client.get(f"{LIST}?status=paid"))


def test_chips_are_escaped(client: Client) -> None:
    page = text_of(client.get(f"{LIST}?q=<script>x</script>&pay_method=<b>"))
    assert "<script>x" not in page
    assert "<b>" not in page
    assert "<script>x</script>" in unescape(page)


def test_an_unknown_pay_method_stays_chosen_in_its_panel(
    client: Client, customer: User, product: Product
) -> None:
    builders.ordered(customer, product, pay_method="newpay")
    page = text_of(client.get(f"{LIST}?pay_method=newpay,card&_filters=5"))
    for code in ("newpay", "card"):
        assert "checked" in page.split(f'name="pay_method" value="{code}"')[1].split(">")[0]
