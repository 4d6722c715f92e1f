"""Folded sums and what lies behind the mark come to the plain sum, whatever happens in between."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments import ledger
from payments.core.db import transactions
from payments.core.kst import end_of, start_of
from payments.ledger import Draft, Entry
from payments.models import (
    Movement,
    MovementRollUp,
    OrderRollUp,
    Payment,
    PaymentEvent,
    Product,
    RefundRollUp,
    RolledUp,
    RollUpMark,
)
from payments.selectors import roll_ups as selector
from payments.selectors.payments.totals import added_up
from payments.selectors.roll_ups import REFUNDS, Row, orders_of, roll_ups
from payments.services.roll_ups import fold as folding
from payments.services.roll_ups.audit import audit_roll_ups
from payments.services.roll_ups.fold import fold, rebuild
from payments.states import EventKind, MovementKind, Source
from tests.payments import builders

APRIL_1 = builders.NOON.date()
DAY = timedelta(days=1)
DAYS = (APRIL_1 - timedelta(days=40), APRIL_1 + timedelta(days=40))


@pytest.fixture(autouse=True)
def _nobody_else(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction is open, and so may be those of other databases of the server."""
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    monkeypatch.setattr(folding, "PART", 3)
    # PostgreSQL's ids go on from test to test: three at a time, all of them would be folded.
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), [Movement, PaymentEvent]):
            cursor.execute(sql)


def plain(*by: str, where: Q) -> list[Row]:
    """The same sums from the movements themselves."""
    named: dict[str, Any] = {"sum_count": Count("pk"), "sum_amount": Sum("amount")}
    rows = selector.movements().filter(where).order_by().values(*by).annotate(**named)
    return in_order(
        {name.removeprefix("sum_"): value for name, value in row.items()} for row in rows
    )


def in_order(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def assert_sums_are_right() -> None:
    sums = roll_ups()
    within = Q(day__range=DAYS)
    for by in (MovementRollUp.SUMMED_BY, ("day", "kind"), ("pay_method",)):
        assert in_order(sums.movements(*by, where=within)) == plain(*by, where=within)
    earlier = Movement.objects.filter(REFUNDS, day__range=DAYS, approved_on__lt=APRIL_1)
    first = (APRIL_1, DAYS[1])
    assert sums.refunds_of_earlier_days(first) == -sum(
        movement.amount for movement in earlier if movement.day >= APRIL_1
    )
    assert sums.refunds_on_later_days(DAYS) == went_back_later()
    expected = added_up(Payment.objects.all(), "pay_method", "pg_provider")
    found = sums.orders("pay_method", "pg_provider", "status", where=Q(), days=DAYS)
    assert in_order(found) == in_order(expected)
    paid = Payment.objects.filter(
        paid_at__gte=start_of(APRIL_1), paid_at__lt=end_of(APRIL_1 + 5 * DAY)
    )
    days = (APRIL_1, APRIL_1 + 5 * DAY)
    found = sums.orders("status", where=Q(), days=days, days_are="paid_on")
    assert in_order(found) == in_order(added_up(paid))


def went_back_later() -> dict[date, int]:
    """What came off each day's payments later, from the movements."""
    won: Counter[date] = Counter()
    for movement in Movement.objects.filter(REFUNDS):
        if movement.approved_on and movement.day > movement.approved_on:
            won[movement.approved_on] -= movement.amount
    return {day: amount for day, amount in won.items() if amount}


def booked_late(payment: Payment, *, on: date, amount: int = -1) -> None:
    """A movement of an old day, learnt now."""
    at = builders.NOON + (on - APRIL_1)
    draft = Draft(
        key=f"late:{payment.version}",
        kind=MovementKind.REFUND,
        imp_uid=str(payment.imp_uid),
        is_own=True,
        amount=amount,
        happened_at=at,
        approved_on=payment.movements.get(kind=MovementKind.APPROVAL).day,
        pay_method="card",
    )
    entry = Entry(kind=EventKind.CONFIRMED, source=Source.COMMAND, key=draft.key, movements=[draft])
    with transaction.atomic():
        ledger.append(payment=payment, entry=entry)


# What can happen between two looks at the sums.
STEPS = st.tuples(
    st.sampled_from(["ordered", "paid", "refunded", "failed", "late", "fold", "fold", "rebuild"]),
    st.integers(-20, 20),
    st.sampled_from(["card", "kakaopay"]),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=12))
def test_folded_and_behind_the_mark_are_the_plain_sum_at_any_time(
    customer: User, product: Product, steps: list[tuple[str, int, str]]
) -> None:
    point = transaction.savepoint()
    try:
        for step, days, method in steps:
            _happens(step, customer, product, days, method)
            assert_sums_are_right()
        while fold(seconds=60):
            pass
        assert_sums_are_right()
        assert list(audit_roll_ups()) == []
    finally:
        transaction.savepoint_rollback(point)


def _happens(step: str, user: User, product: Product, days: int, method: str) -> None:
    at = builders.NOON + timedelta(days=days)
    builder: Callable[..., Payment] | None = getattr(builders, step, None)
    if step == "fold":
        fold(seconds=60)
    elif step == "rebuild":
        rebuild()
    elif step == "late":
        if payment := Payment.objects.filter(imp_uid__isnull=False).last():
            booked_late(payment, on=at.date())
    elif builder:
        more = {"refund": 30} if step == "refunded" else {}
        builder(user, product, at=at, pay_method=method, amount=100 + days, **more)


def test_what_is_folded_is_read_without_the_movements(customer: User, product: Product) -> None:
    builders.refunded(customer, product, refund=9_000)
    fold(seconds=60)
    mark = RollUpMark.objects.get(name=RolledUp.MOVEMENTS)
    assert mark.folded_to == Movement.objects.latest("pk").pk
    assert MovementRollUp.objects.count() == 2
    assert RefundRollUp.objects.get().amount == -9_000
    assert OrderRollUp.objects.get().refunded == 9_000
    assert_sums_are_right()


def test_folding_twice_adds_nothing(customer: User, product: Product) -> None:
    builders.paid(customer, product)
    for _ in range(3):
        fold(seconds=60)
    assert MovementRollUp.objects.get().count == 1


def test_a_movement_of_a_folded_day_counts_at_once_and_is_folded_onto_it(
    customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    fold(seconds=60)
    booked_late(payment, on=APRIL_1, amount=-500)
    assert_sums_are_right()
    fold(seconds=60)
    assert MovementRollUp.objects.get(kind="refund").amount == -500
    assert_sums_are_right()


def test_a_turn_whose_time_is_over_goes_on_later(customer: User, product: Product) -> None:
    for _ in range(4):
        builders.paid(customer, product)
    assert fold(seconds=-1)
    assert_sums_are_right()
    while fold(seconds=60):
        pass
    assert MovementRollUp.objects.get().count == 4


def test_of_two_workers_one_folds(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.paid(customer, product)
    stale = RollUpMark(name=RolledUp.MOVEMENTS, next_mark=Movement.objects.latest("pk").pk)
    fold(seconds=60)
    source, fold_between = folding._FOLDS[RolledUp.MOVEMENTS]
    assert source is Movement
    assert not folding._folded(stale, stale.next_mark, fold_between)
    assert MovementRollUp.objects.get().count == 1


def test_with_too_much_behind_the_mark_every_day_is_counted(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.paid(customer, product)
    fold(seconds=60)
    builders.refunded(customer, product, refund=1)
    monkeypatch.setattr(selector, "LEFT_AT_MOST", 1)
    monkeypatch.setattr(selector, "days_changed", lambda **_ids: pytest.fail("told one by one"))
    assert_sums_are_right()


def test_what_only_confirms_makes_no_day_counted_again(customer: User, product: Product) -> None:
    payment = builders.paid(customer, product)
    fold(seconds=60)
    with transaction.atomic():
        changes = {"verified_at": builders.NOON}
        entry = Entry(kind=EventKind.CONFIRMED, source=Source.RUN, key="c", changes=changes)
        ledger.append(payment=payment, entry=entry)
    with CaptureQueriesContext(connection) as queries:
        roll_ups().orders("status", where=Q(), days=DAYS)
    assert len(queries) == 4
    assert "UNION" not in queries.captured_queries[-1]["sql"]


def test_sums_that_somebody_changed_are_found_and_folded_anew(
    customer: User, product: Product
) -> None:
    builders.refunded(customer, product, refund=9_000)
    fold(seconds=60)
    MovementRollUp.objects.filter(kind="refund").update(amount=-1)
    RefundRollUp.objects.all().delete()
    OrderRollUp.objects.update(gross=1)
    found = [str(problem) for problem in audit_roll_ups()]
    assert len(found) == 5
    rebuild()
    assert list(audit_roll_ups()) == []
    assert_sums_are_right()


def test_the_orders_of_a_day_are_those_of_the_korean_day(customer: User, product: Product) -> None:
    midnight = builders.NOON.replace(hour=15)
    builders.ordered(customer, product, at=midnight)
    assert orders_of([APRIL_1]).count() == 0
    assert orders_of([APRIL_1 + timedelta(days=1)]).count() == 1
