"""What is learnt of a day after it was closed: how much, by which events, and what it costs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import DailyClose, Payment, Product
from payments.selectors.daily_close import closes as selector
from payments.selectors.daily_close.closes import (
    drift,
    how_learnt,
    learnt_lately,
    learnt_since,
)
from payments.selectors.daily_close.figures import Moved
from payments.selectors.daily_close.lines import figures_of_lines
from payments.services.daily_close.close import close_day
from payments.states import EventKind, Source
from tests.payments import builders

MARCH_31, APRIL_1 = date(2026, 3, 31), date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(time_machine: Any) -> None:
    """The first of April is over in Korea."""
    time_machine.move_to(NOW, tick=False)


def closed(actor: User, *days: date) -> list[DailyClose]:
    return [close_day(day=day, actor=actor) for day in days]


@pytest.fixture
def an_hour_later(time_machine: Any) -> Any:
    return lambda: time_machine.move_to(NOW + timedelta(hours=1), tick=False)


# --- One day ---------------------------------------------------------------------------------


def test_a_later_refund_changes_nothing_in_a_closed_day(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    builders.refund_of(payment, 9_000, at=NOW)
    builders.paid(customer, product, at=end_of(APRIL_1))
    builders.ordered(customer, product)
    drifted = drift(close)
    assert not drifted
    assert drifted.then == drifted.now == figures_of_lines(close.lines)
    assert learnt_lately() == {}


def test_a_payment_that_is_found_later_is_named_with_when_and_how_we_learnt_of_it(
    finance: User, customer: User, product: Product, an_hour_later: Any
) -> None:
    [close] = closed(finance, APRIL_1)
    an_hour_later()
    late = builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1))
    drifted = drift(close)
    assert (drifted.moved, drifted.gone) == (Moved(1, 99_000), [])
    assert drifted.now.sums.approved - drifted.then.sums.approved == 99_000
    [(line, payment_id, event)] = how_learnt(drifted.learnt)
    assert (line.merchant_uid, line.amount, payment_id) == (late.merchant_uid, 99_000, late.pk)
    assert event is not None
    assert (event.kind, event.source) == (EventKind.PAID, Source.COMMAND)
    assert event.recorded_at == NOW + timedelta(hours=1)


def test_a_refund_of_that_day_that_is_learnt_later_is_named(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=start_of(MARCH_31))
    [close] = closed(finance, APRIL_1)
    builders.refund_of(payment, 9_000, at=start_of(APRIL_1))
    drifted = drift(close)
    assert drifted.moved == Moved(1, -9_000)
    assert drifted.now.sums.refunded_earlier == 9_000
    [(line, _payment, event)] = how_learnt(drifted.learnt)
    assert (line.kind, line.amount) == ("refund", -9_000)
    assert event is not None
    assert event.kind == EventKind.CANCELLED


def test_money_that_is_in_no_sum_is_named_all_the_same(
    finance: User, customer: User, product: Product, an_hour_later: Any
) -> None:
    payment = builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    an_hour_later()
    builders.approved_again(payment, at=start_of(APRIL_1))
    builders.approved_as_a_test(customer, product)
    assert drift(close).moved == learnt_since([close])[APRIL_1] == Moved(2, 0)


def test_what_a_page_names_is_read_in_as_many_queries_for_many_as_for_one(
    finance: User, customer: User, product: Product
) -> None:
    [close] = closed(finance, APRIL_1)
    numbers = []
    for _ in range(2):
        for _ in range(5):
            builders.paid(customer, product)
        with CaptureQueriesContext(connection) as queries:
            how_learnt(drift(close).learnt)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# --- Many days -------------------------------------------------------------------------------


@pytest.mark.usefixtures("server_zone")
def test_the_look_at_many_days_finds_those_that_drifted_and_by_how_much(
    finance: User, customer: User, product: Product, an_hour_later: Any
) -> None:
    days = [APRIL_1 - timedelta(days=number) for number in range(5, -1, -1)]
    payments = {
        day: builders.paid(customer, product, at=start_of(day) + timedelta(minutes=5))
        for day in days
    }
    closed(finance, *days)
    assert learnt_lately() == {}
    an_hour_later()
    builders.refund_of(payments[days[0]], 9_000, at=end_of(days[0]) - timedelta(seconds=1))
    builders.refund_of(payments[days[1]], 9_000, at=NOW)
    builders.paid(customer, product, at=end_of(days[3]) - timedelta(seconds=1))
    expected = {days[0]: Moved(1, -9_000), days[3]: Moved(1, 99_000)}
    assert learnt_lately() == expected
    some = DailyClose.objects.filter(day__in=[days[0], days[3], days[5]])
    assert learnt_since(some) == expected
    moved = {close.day: drift(close).moved for close in some}
    assert moved == expected | {days[5]: Moved()}


def test_what_was_learnt_in_the_minute_of_the_close_is_told_apart_by_the_lines(
    finance: User, customer: User, product: Product, time_machine: Any
) -> None:
    builders.paid(customer, product)  # in the same second, and in the close
    [close] = closed(finance, APRIL_1)
    builders.paid(customer, product, amount=500)  # in the same second, and not in it
    time_machine.move_to(NOW - timedelta(minutes=1), tick=False)  # by a clock that is slow
    builders.paid(customer, product, amount=70)
    assert learnt_since([close]) == {APRIL_1: Moved(2, 570)}
    assert drift(close).moved == Moved(2, 570)


def test_only_the_newest_closes_are_watched(
    finance: User, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(finance, MARCH_31, APRIL_1)
    builders.paid(customer, product, at=start_of(MARCH_31))
    assert list(learnt_lately()) == [MARCH_31]
    monkeypatch.setattr(selector, "WATCHED", 1)
    assert learnt_lately() == {}


def test_the_look_at_many_days_takes_two_queries_and_reads_no_lines(
    finance: User, customer: User, product: Product, an_hour_later: Any
) -> None:
    days = [APRIL_1 - timedelta(days=number) for number in range(9, -1, -1)]
    closed(finance, *days)
    an_hour_later()
    payments: list[Payment] = [builders.paid(customer, product, at=start_of(day)) for day in days]
    with CaptureQueriesContext(connection) as queries:
        assert len(learnt_lately()) == len(payments)
    assert len(queries) == 2
    assert not any('"lines"' in query["sql"] for query in queries.captured_queries)
    assert learnt_since([]) == {}
