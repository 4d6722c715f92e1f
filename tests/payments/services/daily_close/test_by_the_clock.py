"""Days that the clock closes: in order, each reconciled before, once a person has begun."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.core.kst import start_of
from payments.errors import NotAllowed
from payments.models import DailyClose, Product, ReconciliationRun, RunStatus
from payments.selectors.daily_close.closes import open_days
from payments.services.daily_close import close as closing
from payments.services.daily_close.audit import audit_closes
from payments.services.daily_close.close import close_day, close_finished_days
from tests.payments import builders

from .days import APRIL_1, MARCH_30, MARCH_31, NOW


def unreconciled(day: date) -> None:
    """Nothing to reconcile with."""


def run_of(day: date, status: RunStatus, **fields: Any) -> ReconciliationRun:
    return ReconciliationRun.objects.create(
        requested_at=NOW, first_day=day, last_day=day, status=status, **fields
    )


def test_the_clock_closes_nothing_before_a_person_has_begun(
    finance: User, customer: User, product: Product, time_machine: Any
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_30))
    asked: list[date] = []
    assert open_days(now=NOW) == []
    assert close_finished_days(now=NOW, reconcile=asked.append) == []
    with pytest.raises(NotAllowed, match=str(closing.NOT_BEGUN)):
        close_day(day=APRIL_1, actor=None)
    assert (asked, DailyClose.objects.count()) == ([], 0)
    close_day(day=MARCH_31, actor=finance)
    closes = close_finished_days(now=NOW, reconcile=unreconciled)
    assert [close.day for close in closes] == [APRIL_1]


def test_the_schedule_leaves_no_day_out(finance: User, time_machine: Any) -> None:
    close_day(day=APRIL_1, actor=finance)
    later = NOW + timedelta(days=3)
    time_machine.move_to(later)
    assert [day.day for day in open_days(now=later)] == [2, 3, 4]
    closes = close_finished_days(now=later, reconcile=unreconciled)
    assert [close.day.day for close in closes] == [2, 3, 4]
    assert close_finished_days(now=later, reconcile=unreconciled) == []
    assert list(audit_closes()) == []


def test_each_day_is_reconciled_before_it_is_closed(
    customer: User, product: Product, finance: User
) -> None:
    def reconcile(day: date) -> ReconciliationRun:
        builders.paid(customer, product)  # what the webhook had lost
        return run_of(day, RunStatus.DONE)

    close_day(day=MARCH_31, actor=finance)
    [close] = close_finished_days(now=NOW, reconcile=reconcile)
    assert close.count == 1
    assert close.run == ReconciliationRun.objects.get()
    assert (close.actor, close.actor_name) == (None, "")


@pytest.mark.parametrize("status", [RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED])
def test_a_day_that_could_not_be_reconciled_stays_open_with_all_after_it(
    finance: User, status: RunStatus
) -> None:
    close_day(day=MARCH_30, actor=finance)
    asked = []

    def reconcile(day: date) -> ReconciliationRun:
        asked.append(day)
        return run_of(day, status)

    assert close_finished_days(now=NOW, reconcile=reconcile) == []
    assert asked == [MARCH_31]
    assert open_days(now=NOW) == [MARCH_31, APRIL_1]


def test_a_day_with_payments_without_an_answer_stays_open_with_all_after_it(
    finance: User,
) -> None:
    close_day(day=MARCH_30, actor=finance)

    def reconcile(day: date) -> ReconciliationRun:
        return run_of(day, RunStatus.DONE, counts={"unknown": 1}, unknown=["imp_1"])

    assert close_finished_days(now=NOW, reconcile=reconcile) == []
    assert open_days(now=NOW) == [MARCH_31, APRIL_1]


def test_a_day_that_a_person_closes_meanwhile_is_passed_over(finance: User) -> None:
    close_day(day=MARCH_30, actor=finance)

    def reconcile(day: date) -> None:
        if day == MARCH_31:
            close_day(day=day, actor=finance)

    assert [close.day for close in close_finished_days(now=NOW, reconcile=reconcile)] == [APRIL_1]
