"""Two years of a shop in a few hundred payments: what the ledger's own writing would have left."""

from datetime import date

import pytest
from django.db import transaction

from accounts.models import User
from benchmarks.datasets import two_years
from benchmarks.datasets.two_years import Plan
from payments.core.kst import day_of
from payments.models import Movement, Payment, PaymentEvent
from payments.selectors.payments.flags import FLAGGED
from payments.services.ledger_audit import audit
from payments.states import MovementKind, PaymentStatus, Verification

PLAN = Plan(size=1_200, last_day=date(2026, 9, 30))


@pytest.mark.django_db
def test_it_is_a_clean_book_of_everything_that_happens_to_orders() -> None:
    two_years.write(PLAN)
    assert list(audit()) == []
    payments, movements = Payment.objects.all(), Movement.objects.all()
    assert payments.count() == PLAN.size
    assert set(payments.values_list("status", flat=True)) == set(PaymentStatus)
    assert PaymentEvent.objects.count() / PLAN.size == pytest.approx(2.15, abs=0.15)
    assert movements.count() / PLAN.size == pytest.approx(1.1, abs=0.05)
    flagged = Payment.objects.filter(FLAGGED)
    assert flagged.exists()
    assert set(flagged.values_list("verification", flat=True)) == {Verification.MISMATCHED}
    for rare in (
        movements.filter(is_own=False, kind=MovementKind.REFUND),
        movements.filter(is_test=True),
        payments.filter(user=None),
        payments.filter(status=PaymentStatus.READY, vbank_num__gt=""),
    ):
        assert rare.exists()


@pytest.mark.django_db
def test_customers_are_as_many_more_as_payments_are() -> None:
    two_years.write(PLAN)
    people = User.objects.filter(username__startswith="seed-")
    assert people.count() == PLAN.size // 5 + 1
    ordered = Payment.objects.exclude(user=None).values("user").distinct().count()
    assert ordered > people.count() * 0.9
    # Another book finds them there, and adds what it lacks.
    two_years.write(Plan(size=1_300, last_day=date(2026, 10, 1), days=1, seed=2))
    assert people.count() == 1_300 // 5 + 1
    assert people.values("email").distinct().count() == people.count()


@pytest.mark.django_db
def test_refunds_come_on_later_days_and_nothing_comes_after_the_last() -> None:
    two_years.write(PLAN)
    refunds = Movement.objects.filter(kind=MovementKind.REFUND).select_related("payment")
    days = [(row.day, day_of(row.payment.paid_at)) for row in refunds if row.payment.paid_at]
    assert sum(day > paid for day, paid in days) > len(days) * 0.9
    every = [day_of(at) for at in PaymentEvent.objects.values_list("recorded_at", flat=True)]
    assert min(every) == date(2024, 10, 1)
    assert max(every) == PLAN.last_day


@pytest.mark.django_db
def test_the_same_arguments_give_the_same_rows() -> None:
    plan, other = (Plan(size=300, last_day=PLAN.last_day, seed=seed) for seed in (1, 2))
    two_years.write(other)  # with the people and products, which rows name by their ids
    assert _rows(plan) == _rows(plan)
    assert _rows(plan) != _rows(Plan(size=300, last_day=PLAN.last_day, seed=3))


@pytest.mark.django_db
def test_an_order_after_it_gets_the_next_number() -> None:
    two_years.write(Plan(size=10, last_day=PLAN.last_day))
    newest = Payment.objects.latest("pk")
    two_years.write(Plan(size=1, last_day=PLAN.last_day, seed=2))
    assert Payment.objects.latest("pk").pk == newest.pk + 1
    fresh = Payment.objects.create(
        merchant_uid="fresh", name="fresh", amount=1, requested_at=newest.requested_at
    )
    assert fresh.pk > newest.pk + 1


def _rows(plan: Plan) -> list[tuple[object, ...]]:
    """What such a plan writes, and as if it had not been written."""
    with transaction.atomic():
        two_years.write(plan)
        columns = ("pk", "merchant_uid", "status", "version", "head_hash")
        rows = list(Payment.objects.order_by("pk").values_list(*columns))
        transaction.set_rollback(True)
    return rows
