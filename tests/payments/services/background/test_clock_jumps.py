"""The clock jumps, or one machine's is wrong: no work stops for that, none is done twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments import tasks
from payments.core.db.clock import database_now
from payments.core.kst import day_of
from payments.models import (
    Payment,
    Product,
    ReconciliationRun,
    ScheduledJob,
    VerificationItem,
    VerificationRun,
    WebhookDelivery,
    Worker,
)
from payments.selectors import background
from payments.services import reconciliation, webhooks
from payments.services.background import workers
from payments.services.background.schedule import Job, run_due
from payments.services.open_orders.sweep import sweep
from payments.services.verification_runs import control, worker
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AHEAD = timedelta(days=3)
EVERY = 5 * MINUTE

jumps = st.lists(
    st.tuples(st.integers(0, 40), st.timedeltas(-10 * AHEAD, 10 * AHEAD)), min_size=1, max_size=5
)


@given(jumps=jumps)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_the_clock_does_a_job_runs_again_within_one_interval(
    db: None, jumps: list[tuple[int, timedelta]]
) -> None:
    """A scheduler looks every minute; between two looks, the clock may jump either way."""
    ScheduledJob.objects.all().delete()
    queued: list[str] = []
    job = Job(name="count", every=EVERY, enqueue=lambda: queued.append("count"))
    now = NOW
    for looks, jump in jumps:
        for _number in range(looks):
            run_due(jobs=[job], now=now)
            now += MINUTE
        now += jump
    before = len(queued)
    for _number in range(6):
        run_due(jobs=[job], now=now)
        now += MINUTE
    # Once after the jump, and once more if that was at the first look.
    assert 1 <= len(queued) - before <= 2


def test_a_job_that_is_due_too_far_ahead_is_due_and_its_row_is_set_right(db: None) -> None:
    tasks.run_due_jobs()
    ScheduledJob.objects.update(due_at=timezone.now() + AHEAD)
    assert set(tasks.run_due_jobs()) == {job.name for job in tasks.SCHEDULE}
    assert tasks.run_due_jobs() == []
    assert ScheduledJob.objects.filter(due_at__gt=timezone.now() + timedelta(hours=1)).count() == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("wrong_by", [AHEAD, -AHEAD])
def test_a_machine_with_a_wrong_clock_queues_and_stops_nothing(
    db: None, wrong_by: timedelta
) -> None:
    tasks.run_due_jobs()
    ScheduledJob.objects.filter(name="sweep_orders").update(due_at=timezone.now())
    with time_machine.travel(timezone.now() + wrong_by):
        assert tasks.run_due_jobs() == ["sweep_orders"]
        workers.heartbeat(worker_id="wrong", host="there", pid=1)
    assert tasks.run_due_jobs() == []
    assert abs(Worker.objects.get().seen_at - timezone.now()) < MINUTE


def test_a_heartbeat_from_ahead_is_no_sign_of_life(db: None) -> None:
    workers.heartbeat(worker_id="w", host="here", pid=1)
    tasks.rescue.enqueue()
    task = DBTaskResult.objects.get()
    task.claim("w")
    now = timezone.now()
    assert background.alarm(now=now) is None
    Worker.objects.update(seen_at=now + AHEAD)
    DBTaskResult.objects.update(started_at=now + AHEAD)
    assert background.alarm(now=now) == background.Alarm(None, is_busy=False)
    assert Worker.objects.get().is_silent(now)
    assert not workers.is_under_way(task_path=tasks.rescue.module_path, now=now)
    assert workers.fail_orphaned_tasks(now=now) == 1


def test_a_turn_that_would_wait_for_days_is_brought_forward(payment: Payment) -> None:
    control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=tasks.queue_verification
    )
    turns = DBTaskResult.objects.filter(task_path=tasks.verify_run.module_path)
    turns.update(run_after=timezone.now() + AHEAD)
    assert not turns.ready().exists()
    tasks.rescue.call()
    assert turns.ready().count() == 1


def test_a_turn_for_soon_is_left_alone(payment: Payment) -> None:
    tasks.queue_verification(1, after=60)
    before = DBTaskResult.objects.get().run_after
    tasks.rescue.call()
    assert DBTaskResult.objects.get().run_after == before


class TestARun:
    @pytest.fixture
    def run(self, payment: Payment, sandbox: SandboxGateway) -> VerificationRun:
        """Over an order that was approved, in the hands of a worker of three days ahead."""
        sandbox.pay(payment.merchant_uid, payment.amount)
        run = control.start(
            payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
        )
        later = timezone.now() + AHEAD
        VerificationRun.objects.update(
            seen_at=later, not_before=later, status="running", requested_at=later
        )
        VerificationItem.objects.update(claim="x", claimed_until=later, not_before=later)
        return run

    @pytest.mark.django_db(transaction=True)
    def test_is_taken_up_again(self, run: VerificationRun) -> None:
        assert control.stalled(now=timezone.now()) == [run.pk]
        assert worker.work(run_id=run.pk, seconds=10) is None
        run.refresh_from_db()
        assert run.status == "done"

    @pytest.mark.postgresql
    @pytest.mark.django_db(transaction=True)
    def test_is_not_taken_from_a_worker_that_holds_it(self, run: VerificationRun) -> None:
        soon = timezone.now() + timedelta(seconds=20)
        VerificationRun.objects.update(seen_at=timezone.now(), not_before=None)
        VerificationItem.objects.update(claimed_until=soon, not_before=None)
        with time_machine.travel(timezone.now() + AHEAD):
            assert control.stalled(now=database_now()) == []
            assert worker.work(run_id=run.pk, seconds=1)
        assert VerificationItem.objects.get().claim == "x"


@pytest.mark.django_db(transaction=True)
def test_a_reconciliation_is_taken_up_again(sandbox: SandboxGateway) -> None:
    day = day_of(timezone.now())
    run = reconciliation.start(first_day=day, last_day=day, actor=None, enqueue=lambda pk: None)
    later = timezone.now() + AHEAD
    ReconciliationRun.objects.update(
        seen_at=later, not_before=later, status="running", claim="x", requested_at=later
    )
    assert reconciliation.stalled(now=timezone.now()) == [run.pk]
    assert reconciliation.work(run_id=run.pk, seconds=10) is None
    run.refresh_from_db()
    assert run.status == "done"


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_would_wait_for_days_is_tried_again(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, payment.amount)
    body = f'{{"imp_uid": "{attempt["imp_uid"]}", "merchant_uid": "{payment.merchant_uid}"}}'
    webhooks.receive(body=body.encode(), content_type="application/json", remote_address=None)
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() + AHEAD)
    assert webhooks.retry_failed(now=timezone.now(), seconds=10).settled == 1
    assert "paid" in kinds(payment)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["requested_at", "verified_at"])
def test_an_order_of_the_future_is_asked_about(
    field: str, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    yesterday = timezone.now() - timedelta(hours=7)
    payment = start(customer, product, requested_at=yesterday)
    sandbox.pay(payment.merchant_uid, payment.amount)
    times: dict[str, Any] = {field: timezone.now() + AHEAD}
    Payment.objects.filter(pk=payment.pk).update(**times)
    before = kinds(payment).count("asked")
    sweep(now=timezone.now(), seconds=10)
    assert kinds(payment).count("asked") == before + 1
