"""Our clocks and the gateway's: while they don't agree, nothing is ended by the time."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments import tasks
from payments.core.db import clock as database_clock
from payments.core.kst import day_of
from payments.errors import NotAllowed
from payments.gateway import times
from payments.models import MOST_APART, ClockComparison, DailyClose, Payment, Product, ScheduledJob
from payments.selectors import clock as selector
from payments.services import clock
from payments.services.daily_close.close import CLOCKS_APART, close_day
from payments.services.open_orders.sweep import SweepResult, sweep
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import start

pytestmark = pytest.mark.django_db(transaction=True)

A_SECOND = timedelta(seconds=1)
A_LITTLE = timedelta(seconds=30)
DAY = timedelta(days=1)
WRONG = [3 * DAY, -3 * DAY, MOST_APART + A_LITTLE, -MOST_APART - A_LITTLE]
BY_TIME = {job.name for job in tasks.SCHEDULE if job.by_time}


@pytest.fixture
def gateway_is(sandbox: SandboxGateway) -> Callable[[timedelta], None]:
    """Sets the gateway's clock so far ahead of ours; what it said before is forgotten."""

    def ahead(by: timedelta) -> None:
        sandbox.control("POST", "clock", {"now": (timezone.now() + by).timestamp()})
        clock.forget()

    return ahead


Set = Callable[[timedelta], None]


@pytest.fixture
def old_order(customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
    """Nobody paid it in time."""
    return start(customer, product, requested_at=timezone.now() - timedelta(hours=25))


def closing_has_begun(actor: User) -> None:
    """With the day before yesterday: yesterday is for the clock to close."""
    close_day(day=day_of(timezone.now()) - 2 * DAY, actor=actor)


def all_jobs_are_due() -> None:
    tasks.run_due_jobs()
    DBTaskResult.objects.all().delete()
    ScheduledJob.objects.update(due_at=timezone.now() - A_SECOND)


@pytest.mark.parametrize("ahead", WRONG)
def test_while_they_do_not_agree_nothing_is_swept_closed_or_planned(
    ahead: timedelta, old_order: Payment, gateway_is: Set, finance: User
) -> None:
    all_jobs_are_due()
    closing_has_begun(finance)
    gateway_is(ahead)
    assert not clock.may_decide()
    before = old_order.events.count()
    assert sweep(now=timezone.now(), seconds=10) == SweepResult()
    assert tasks.close_days.call() == []
    assert BY_TIME.isdisjoint(tasks.run_due_jobs())
    with pytest.raises(NotAllowed, match=str(CLOCKS_APART)):
        close_day(day=day_of(timezone.now()) - DAY, actor=finance)
    assert old_order.events.count() == before
    assert DailyClose.objects.count() == 1


@pytest.mark.parametrize("ahead", WRONG)
def test_once_they_agree_everything_goes_on_by_itself(
    ahead: timedelta, old_order: Payment, gateway_is: Set
) -> None:
    all_jobs_are_due()
    gateway_is(ahead)
    tasks.compare_clocks.call()
    tasks.run_due_jobs()
    assert selector.apart() is not None
    gateway_is(timedelta())
    tasks.compare_clocks.call()
    assert selector.apart() is None
    assert set(tasks.run_due_jobs()) >= BY_TIME
    assert clock.may_decide()


@pytest.mark.parametrize("ahead", [MOST_APART - A_LITTLE, A_LITTLE - MOST_APART, timedelta()])
def test_a_little_apart_is_together(ahead: timedelta, gateway_is: Set) -> None:
    gateway_is(ahead)
    assert clock.may_decide()


def test_orders_of_a_wrong_clock_are_not_taken_for_old(
    customer: User, product: Product, gateway_is: Set
) -> None:
    """A shop server three days behind takes an order; then its clock is set right."""
    gateway_is(3 * DAY)
    order = start(customer, product)
    assert selector.apart() is not None
    Payment.objects.update(requested_at=order.requested_at - 3 * DAY)
    ClockComparison.objects.update(apart_at=order.requested_at)
    gateway_is(timedelta())
    tasks.compare_clocks.call()
    assert sweep(now=timezone.now() + timedelta(hours=1), seconds=10) == SweepResult(waiting=1)
    assert sweep(now=timezone.now() + timedelta(hours=25), seconds=10) == SweepResult(abandoned=1)


class TestAsking:
    def test_a_gateway_that_does_not_answer_is_no_leave_to_decide(
        self, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("hang")
        assert not clock.may_decide()
        sandbox.heal()
        assert clock.may_decide()

    def test_it_is_asked_only_if_it_has_said_nothing_lately(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        before = sandbox.calls()["total"]
        assert clock.may_decide()
        assert sandbox.calls()["total"] == before
        clock.forget()
        assert clock.may_decide()
        assert sandbox.calls()["counts"]["POST /users/getToken"] == 2

    def test_what_it_said_too_long_ago_proves_nothing(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        for source, heard in times._heard.items():
            times._heard[source] = replace(
                heard,
                at=heard.at - clock.FRESH_FOR,
                monotonic=heard.monotonic - clock.FRESH_FOR.total_seconds(),
            )
        assert not clock.is_apart()
        sandbox.fault("hang")
        assert not clock.may_decide()

    def test_a_jump_between_two_answers_is_noticed(
        self, payment: Payment, sandbox: SandboxGateway, time_machine: Any
    ) -> None:
        assert not clock.is_apart()
        time_machine.move_to(timezone.now() + 3 * DAY)
        assert clock.is_apart()


class TestTheDatabasesClock:
    @pytest.mark.postgresql
    def test_a_wrong_one_ends_nothing_either(
        self, old_order: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database_clock, "_of_the_server", lambda: timezone.now() + 3 * DAY)
        assert sweep(now=timezone.now(), seconds=10) == SweepResult()
        assert not clock.may_decide()


class TestTheSharedRow:
    def test_another_machines_wrong_clock_counts_until_it_is_set_or_gone(
        self, sandbox: SandboxGateway
    ) -> None:
        now = timezone.now()
        wrong = ClockComparison.objects.create(
            pk=1, host="elsewhere", skew=259_200.0, compared_at=now, apart_at=now
        )
        assert not clock.may_decide()
        wrong.refresh_from_db()
        assert wrong.host == "elsewhere"
        ClockComparison.objects.update(compared_at=now - clock.FRESH_FOR - A_SECOND)
        clock.forget()
        assert clock.may_decide()
        wrong.refresh_from_db()
        assert (wrong.is_apart, wrong.apart_at) == (False, now)

    def test_it_is_written_once_a_minute(self, payment: Payment, gateway_is: Set) -> None:
        first = ClockComparison.objects.get().compared_at
        verify(payment=payment, source=Source.ADMIN)
        assert ClockComparison.objects.get().compared_at == first
        gateway_is(3 * DAY)
        clock._written.at = time.monotonic()
        verify(payment=payment, source=Source.ADMIN)
        assert ClockComparison.objects.get().is_apart

    def test_it_is_never_written_in_the_callers_transaction(self, payment: Payment) -> None:
        ClockComparison.objects.all().delete()
        clock._written.at = float("-inf")
        with transaction.atomic():
            clock.share()
        assert not ClockComparison.objects.exists()
        clock.share()
        assert ClockComparison.objects.exists()

    def test_without_it_each_process_goes_by_its_own(
        self, payment: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(comparison: object) -> None:
            raise DatabaseError

        clock._written.at = float("-inf")
        monkeypatch.setattr(clock, "_write", broken)
        verify(payment=payment, source=Source.ADMIN)
        assert clock.may_decide()


@given(jump=st.timedeltas(-400 * DAY, 400 * DAY))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_the_jump_no_order_is_given_up_and_every_job_runs_again(
    jump: timedelta, customer: User, product: Product, sandbox: SandboxGateway, time_machine: Any
) -> None:
    right = datetime.fromtimestamp(sandbox.control("GET", "clock")["now"], UTC)
    time_machine.move_to(right)
    clock.forget()
    ClockComparison.objects.all().delete()
    all_jobs_are_due()
    if not DailyClose.objects.exists():
        closing_has_begun(customer)
    key = f"click-{Payment.objects.count()}"
    order = start(customer, product, checkout_key=key, requested_at=right - timedelta(hours=2))
    time_machine.move_to(right + jump)
    tasks.run_due_jobs()
    tasks.sweep_orders.call()
    closes = tasks.close_days.call()
    order.refresh_from_db()
    assert order.status == "ready"
    assert closes == []
    time_machine.move_to(right)
    tasks.compare_clocks.call()
    DBTaskResult.objects.all().delete()
    sandbox.control("POST", "clock", {"now": (right + timedelta(minutes=11)).timestamp()})
    time_machine.move_to(right + timedelta(minutes=11))
    clock.forget()
    assert set(tasks.run_due_jobs()) >= BY_TIME
