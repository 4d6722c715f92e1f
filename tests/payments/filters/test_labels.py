"""Filters as a person calls them, for both sets: every one is named, in the order of the screen."""

from collections.abc import Iterator

import pytest
import time_machine
from django.http import QueryDict
from django.utils import translation

from accounts.models import User
from payments.filters.base import BaseFilter
from payments.filters.discrepancies import DiscrepancyFilter
from payments.filters.labels import FilterTerm, by_label, filter_terms
from payments.filters.payment_query import PaymentQuery
from payments.filters.payments import PaymentFilter


@pytest.fixture(autouse=True)
def _second_of_april() -> Iterator[None]:
    with time_machine.travel("2026-04-02T03:00:00Z"), translation.override("en"):
        yield


def of_payments(query: str, *, unmasked: bool = False) -> list[FilterTerm]:
    return PaymentQuery.of(query, unmasked=unmasked).terms


def of_discrepancies(query: str, me: User) -> list[FilterTerm]:
    return filter_terms(DiscrepancyFilter(QueryDict(query), me=me))


def lines(terms: list[FilterTerm]) -> list[str]:
    return [f"{term.label}: {term.display}{' (wrong)' if term.is_wrong else ''}" for term in terms]


def test_payments_are_named_in_the_order_of_the_screen(customer: User) -> None:
    query = f"attention=any&pay_method=newpay&amount_max=5000&user={customer.pk}&status=paid,x&q=k"
    assert lines(of_payments(f"{query}&period=yesterday&basis=requested")) == [
        "Search: k",
        "Ordered: Yesterday (~)",
        "Amount: ~₩5,000",
        "Status: Paid",
        "Status: x (wrong)",
        "Customer: cu***@example.com",
        "Payment method: newpay",
        "Needs attention: Anything",
    ]


def test_discrepancies_are_named_in_the_order_of_the_screen(finance: User, operator: User) -> None:
    query = f"run=7&age=3&person={operator.pk}&bucket=amount,status&state=all&q=order-1&from="
    assert lines(of_discrepancies(f"{query}2026-04-01", finance)) == [
        "Search: order-1",
        "Found: 2026-04-01~",
        "State: Open and closed",
        "What differs: Amount differs",
        "What differs: Status differs",
        f"A person: {operator}",
        "Age: Older than 3 days",
        "Number of the reconciliation: #7",
    ]


@pytest.mark.parametrize(
    ("query", "line"),
    {
        "period=today": "Found: Today (2026-04-02)",
        "period=7d": "Found: 7 days (2026-03-27~2026-04-02)",
        "from=2026-04-01&to=2026-04-01": "Found: 2026-04-01",
        "to=2026-04-01": "Found: ~2026-04-01",
        "from=tomorrow": "Found: tomorrow~ (wrong)",
        "period=fortnight": "Found: fortnight (wrong)",
        "run=x": "Number of the reconciliation: x (wrong)",
        "person=999": "A person: 999 (wrong)",
        "owner=somebody": "Owner: somebody (wrong)",
        "bucket=colour": "What differs: colour (wrong)",
    }.items(),
)
def test_days_and_what_makes_no_sense_are_named_too(finance: User, query: str, line: str) -> None:
    assert lines(of_discrepancies(query, finance)) == [line]


def test_a_customer_is_named_as_the_person_may_see_them(customer: User) -> None:
    query = f"user={customer.pk}"
    assert lines(of_payments(query)) == ["Customer: cu***@example.com"]
    assert lines(of_payments(query, unmasked=True)) == ["Customer: customer@example.com"]


def test_a_search_with_a_problem_is_wrong() -> None:
    assert lines(of_payments("q=colour:red")) == ["Search: colour:red (wrong)"]


def test_values_of_one_filter_stand_in_one_line() -> None:
    terms = of_payments("status=paid&status=ready&pg_provider=payco")
    assert by_label(terms) == [("Status", "Paid, Not paid"), ("PG", "PAYCO")]


@pytest.mark.parametrize("filter_class", [PaymentFilter, DiscrepancyFilter])
def test_no_filter_works_unseen(
    filter_class: type[BaseFilter], finance: User, customer: User
) -> None:
    """Each parameter of a set has a term, whatever is written into it."""
    whose = {"unmasked": False} if filter_class is PaymentFilter else {"me": finance}
    for name in filter_class.names() - {"basis"}:
        terms = filter_terms(filter_class(QueryDict(f"{name}=1"), **whose))
        assert [term for term in terms if name in term.names], name
