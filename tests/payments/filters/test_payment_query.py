"""Filter and search together: what lasts of them, what is of others, what makes no sense."""

from collections.abc import Iterator

import pytest
import time_machine
from django.http import QueryDict
from django.utils import translation

from accounts.models import User
from payments.filters.payment_query import PaymentQuery
from payments.filters.payments import PaymentFilter
from payments.models import Payment, Product
from tests.payments import builders


@pytest.fixture(autouse=True)
def _second_of_april() -> Iterator[None]:
    with time_machine.travel("2026-04-02T03:00:00Z"), translation.override("en"):
        yield


def asked(query: str) -> PaymentQuery:
    return PaymentQuery.of(query, unmasked=False)


@pytest.mark.parametrize(
    ("query", "lasting"),
    {
        "": "",
        "status=paid&status=&p=2&o=-4": "status=paid",
        "status=paid,ready&q=amount:>5": "q=amount%3A%3E5&status=paid%2Cready",
        "period=7d&basis=requested": "basis=requested&from=2026-03-27&to=2026-04-02",
        "period=today&from=2020-01-01": "from=2026-04-02&to=2026-04-02",
        "from=2026-04-01": "from=2026-04-01",
        "basis=requested&status=paid": "status=paid",
    }.items(),
)
def test_what_is_kept_of_it_means_the_same_tomorrow(query: str, lasting: str) -> None:
    assert asked(query).lasting_query == lasting


def test_what_no_filter_reads_is_left_to_others() -> None:
    assert asked("status=paid&q=x&id=1&id=2&p=3").other_params == {"id": ["1", "2"], "p": ["3"]}


def test_no_parameter_of_ours_is_named_as_in_the_code() -> None:
    assert {"from", "to", "period"} <= PaymentFilter.names()
    assert not {"first_day", "last_day"} & PaymentFilter.names()


@pytest.mark.parametrize("query", ["status=melted", "q=colour:red", "from=x", "q=%00"])
def test_what_makes_no_sense_selects_nothing_and_is_named(
    customer: User, product: Product, query: str
) -> None:
    builders.paid(customer, product)
    nonsense = asked(query)
    assert not nonsense.is_understood
    assert len(nonsense.problems) == 1
    assert not nonsense.narrowed(Payment.objects.all()).exists()


def test_filter_and_search_hold_together(customer: User, product: Product) -> None:
    cheap = builders.paid(customer, product, amount=5_000)
    builders.paid(customer, product, amount=50_000)
    builders.ordered(customer, product, amount=5_000)
    narrowed = asked("status=paid&q=amount:<10000").narrowed(Payment.objects.all())
    assert list(narrowed) == [cheap]


def test_today_does_not_move_while_a_request_is_answered() -> None:
    with time_machine.travel("2026-04-02T14:59:59Z"):
        filterset = PaymentFilter(QueryDict("period=today"), unmasked=False)
    with time_machine.travel("2026-04-02T15:00:01Z"):
        assert [str(day) for day in filterset.days] == ["2026-04-02", "2026-04-02"]
