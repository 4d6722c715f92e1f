"""What movements add up to, and the bridge from one basis to the other, to the won."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import Movement, Payment, Product
from payments.selectors.daily_close.closes import figures_now
from payments.selectors.daily_close.figures import Figures, Row, Sums, figures_of, kept, stored
from payments.selectors.daily_close.lines import Line, figures_of_lines, lines_of
from payments.selectors.daily_close.statements import figures_by_day
from payments.selectors.payments.totals import totals
from tests.payments import builders

MARCH_31, APRIL_1, APRIL_2 = date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)
NOW = datetime(2026, 4, 3, 21, tzinfo=UTC)

won = st.integers(-(10**9), 10**9).filter(bool)
days = st.dates(date(2026, 3, 30), date(2026, 4, 3))
rows = st.builds(
    Row,
    day=days,
    kind=st.sampled_from(["approval", "refund", "refund_reversal", "correction"]),
    is_own=st.booleans(),
    is_test=st.booleans(),
    is_of_earlier_day=st.booleans(),
    pay_method=st.sampled_from(["card", "trans", ""]),
    pg_provider=st.sampled_from(["html5_inicis", ""]),
    pg_id=st.sampled_from(["MOI1", ""]),
    number=st.integers(1, 9),
    amount=won,
)


@pytest.fixture(autouse=True)
def later(time_machine: Any) -> None:
    """Days after."""
    time_machine.move_to(NOW)


@given(st.lists(rows, max_size=30), st.integers(0, 10**9))
def test_whatever_moved_every_part_adds_up_to_the_whole(some: list[Row], later: int) -> None:
    figures = figures_of(some, refunded_later=later)
    own = [row for row in some if row.is_own and not row.is_test]
    assert figures.count == sum(row.number for row in some)
    assert figures.sums.net == sum(row.amount for row in own)
    assert sum(moved.amount for moved in figures.by_kind.values()) == figures.sums.net
    for group in (figures.by_method, figures.by_provider, figures.by_mid):
        assert sum(group.values(), Sums()) == figures.sums
    everything = figures.sums.net + figures.others.net + figures.tests.net
    assert everything == sum(row.amount for row in some)


@given(st.lists(rows, max_size=30), st.integers(0, 10**9))
def test_the_bridge_adds_up_to_the_won(some: list[Row], later: int) -> None:
    figures = figures_of(some, refunded_later=later)
    bridge, sums = figures.bridge, figures.sums
    comes_to = bridge.net + bridge.refunded_earlier - bridge.refunded_later
    assert bridge.by_payment_date == comes_to
    # By payment date: what was approved, less what came off these payments, on whatever day.
    assert comes_to == sums.approved - sums.refunded_same_day - later


@given(st.lists(rows, max_size=30), st.lists(rows, max_size=30))
def test_sums_of_days_are_the_sums_of_their_movements(one: list[Row], other: list[Row]) -> None:
    assert figures_of(one) + figures_of(other) == figures_of([*one, *other])


@given(st.lists(rows, max_size=30), st.integers(0, 10**9))
def test_figures_are_kept_as_they_were(some: list[Row], later: int) -> None:
    figures = figures_of(some, refunded_later=later)
    assert kept(stored(figures)) == figures


def story(customer: User, product: Product) -> None:
    """Refunds on the day, on later days, of earlier days' payments; a second approval, a test."""
    for day in (MARCH_31, APRIL_1, APRIL_2):
        for at in (start_of(day), end_of(day) - timedelta(seconds=1)):
            payment = builders.paid(customer, product, at=at, amount=day.day * 1_000)
            builders.refund_of(payment, 100, at=at + timedelta(seconds=1))
            builders.refund_of(payment, 20, at=at + timedelta(hours=20))
            builders.refund_of(payment, 3, at=at + timedelta(days=2))
        builders.approved_again(payment, at=start_of(day))
        builders.approved_as_a_test(customer, product, at=start_of(day), amount=77)


@pytest.mark.usefixtures("server_zone")
def test_the_bridge_leads_to_what_the_list_of_payments_says_of_the_day(
    customer: User, product: Product
) -> None:
    story(customer, product)
    for day in (MARCH_31, APRIL_1, APRIL_2):
        payments = Payment.objects.filter(paid_at__gte=start_of(day), paid_at__lt=end_of(day))
        listed = totals(payments.exclude(amount=77))
        bridge = figures_now(day).bridge
        assert bridge.by_payment_date == listed.net
        assert bridge.refunded_later > 0


@pytest.mark.usefixtures("server_zone")
def test_the_figures_of_many_days_are_those_of_each(customer: User, product: Product) -> None:
    story(customer, product)
    around = [MARCH_31 - timedelta(days=1), MARCH_31, APRIL_1, APRIL_2]
    by_day = figures_by_day(around)
    assert sorted(by_day) == around[1:]
    assert {day: figures_now(day) for day in by_day} == by_day
    month = sum(by_day.values(), Figures())
    assert month.bridge.by_payment_date == sum(
        figures.bridge.by_payment_date for figures in by_day.values()
    )
    assert figures_by_day([]) == {}


def test_a_line_is_read_back_as_it_was_written(customer: User, product: Product) -> None:
    for number, method in enumerate(("card", "", "two words", "신용 카드\n", "%20", "- -")):
        at = builders.NOON + timedelta(minutes=number)
        builders.paid(customer, product, at=at, pay_method=method)
        line = Line.read(lines_of(APRIL_1).splitlines()[-1])
        movement = Movement.objects.latest("pk")
        assert line.pay_method == movement.pay_method == method
        assert (line.happened_at, line.key) == (movement.happened_at, movement.key)
    assert figures_of_lines(lines_of(APRIL_1)).sums == Sums(6, 594_000)


@pytest.mark.parametrize("text", ["", "a b c", "no line at all, but " * 4])
def test_what_is_no_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Line.read(text)
