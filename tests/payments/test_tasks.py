"""Background tasks: queued with what asks for them, safe to run twice, never the only memory."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments import tasks
from payments.core.db import transactions
from payments.models import (
    DailyClose,
    Discrepancy,
    MovementRollUp,
    OrderRollUp,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
    ScheduledJob,
    VerificationRun,
)
from payments.services import reconciliation
from payments.services.daily_close.close import close_day
from payments.services.verification_runs import control
from tests.gateway import SandboxGateway
from tests.payments.books import LOOKUPS, ended, open_by_bucket

MoveTo = Callable[[datetime], None]

pytestmark = pytest.mark.django_db(transaction=True)


def queued(name: str) -> list[DBTaskResult[..., Any]]:
    return list(DBTaskResult.objects.ready().filter(task_path__endswith=f".{name}"))


def ask_for_all(actor: User | None = None) -> VerificationRun:
    return control.start(
        payments=Payment.objects.all(), query="", actor=actor, enqueue=tasks.queue_verification
    )


def test_a_task_is_queued_in_the_transaction_that_asks_for_it(payment: Payment) -> None:
    with transaction.atomic():
        ask_for_all()
        transaction.set_rollback(True)
    assert queued("verify_run") == []
    ask_for_all()
    assert len(queued("verify_run")) == 1


def test_a_run_has_no_more_turns_queued_than_workers_may_be_at_it(
    payment: Payment, sandbox: SandboxGateway, settings: Any
) -> None:
    settings.RUN_WORKERS = 2
    sandbox.fault("status", status=500)
    run = ask_for_all()
    for _number in range(4):
        control.pause(run=run)
        control.resume(run=run, enqueue=tasks.queue_verification)
    VerificationRun.objects.update(requested_at=timezone.now() - timedelta(minutes=20))
    for _number in range(4):
        tasks.rescue.call()
    assert len(queued("verify_run")) == 2
    # A turn that ends queues the next one, for later, and no more than that.
    for turn in queued("verify_run"):
        turn.delete()
        tasks.verify_run.call(run.pk)
    waiting = DBTaskResult.objects.filter(task_path=tasks.verify_run.module_path)
    assert waiting.count() == 2


def test_what_was_not_rescued_yet_is_not_queued_for_rescue_twice(db: None) -> None:
    tasks.run_due_jobs()
    for _number in range(3):
        ScheduledJob.objects.filter(name="rescue").update(due_at=timezone.now())
        tasks.run_due_jobs()
    assert len(queued("rescue")) == 1


def test_the_same_task_twice_verifies_once(payment: Payment, sandbox: SandboxGateway) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    run = ask_for_all()
    tasks.verify_run.call(run.pk)
    events = payment.events.count()
    tasks.verify_run.call(run.pk)
    assert payment.events.count() == events
    run.refresh_from_db()
    assert run.status == RunStatus.DONE


def test_a_run_that_has_to_wait_comes_back_later_and_lets_others_work(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    run = ask_for_all()
    DBTaskResult.objects.all().delete()
    tasks.verify_run.call(run.pk)
    (again,) = DBTaskResult.objects.filter(task_path__endswith=".verify_run")
    assert (
        timezone.now() - timedelta(seconds=1)
        < again.run_after
        < timezone.now() + timedelta(minutes=2)
    )


def test_a_paused_run_queues_nothing(payment: Payment) -> None:
    run = ask_for_all()
    control.pause(run=run)
    DBTaskResult.objects.all().delete()
    tasks.verify_run.call(run.pk)
    assert not DBTaskResult.objects.exists()


def test_rescue_queues_a_run_that_was_left_alone(payment: Payment) -> None:
    run = ask_for_all()
    DBTaskResult.objects.all().delete()
    tasks.rescue.call()
    assert queued("verify_run") == []
    VerificationRun.objects.update(requested_at=timezone.now() - timedelta(minutes=5))
    tasks.rescue.call()
    (task,) = queued("verify_run")
    assert task.args_kwargs["args"] == [run.pk]


@pytest.fixture
def move_to(time_machine: Any, sandbox: SandboxGateway) -> MoveTo:
    """Sets all clocks, ours and the gateway's."""

    def move(moment: datetime) -> None:
        time_machine.move_to(moment)
        sandbox.control("POST", "clock", {"now": moment.timestamp()})

    return move


def test_before_a_person_has_begun_no_day_is_compared_or_closed(
    move_to: MoveTo, customer: User, product: Product
) -> None:
    paid_payments.write(user=customer, product=product, count=1)
    move_to(TestTheDailyClose.SIX)
    assert tasks.close_days.call() == []
    assert not ReconciliationRun.objects.exists()
    assert not DailyClose.objects.exists()


class TestTheDailyClose:
    """Paid on 1 April in Korea; the close is due at six in the morning of the 2nd."""

    DAY = date(2026, 4, 1)
    BEFORE_SIX = datetime(2026, 4, 1, 20, 59, tzinfo=UTC)
    SIX = datetime(2026, 4, 1, 21, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def day(self, customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
        """Three payments of the day, known to both sides but for one."""
        (payments,) = paid_payments.write(user=customer, product=product, count=3)
        paid_payments.post_to_gateway(sandbox.control, payments[:2])
        return payments

    @pytest.fixture(autouse=True)
    def begun(self, move_to: MoveTo, day: list[Payment], finance: User) -> None:
        """A person has closed the day before, with which closing begins."""
        move_to(self.BEFORE_SIX)
        close_day(day=self.DAY - timedelta(days=1), actor=finance)

    def closed(self) -> DailyClose:
        """The close of the day."""
        return DailyClose.objects.get(day=self.DAY)

    @pytest.mark.usefixtures("server_zone")
    def test_nothing_happens_before_the_hour_in_korea(self, move_to: MoveTo) -> None:
        move_to(self.BEFORE_SIX)
        assert tasks.close_days.call() == []
        assert not ReconciliationRun.objects.exists()
        move_to(self.SIX)
        tasks.close_days.call()
        assert ReconciliationRun.objects.filter(first_day=self.DAY).exists()

    def test_a_day_is_reconciled_first_and_closed_on_a_later_turn(self, move_to: MoveTo) -> None:
        move_to(self.SIX)
        assert tasks.close_days.call() == []
        # Asked again while the run is under way: no second one.
        assert tasks.close_days.call() == []
        run = ReconciliationRun.objects.get()
        assert (run.first_day, run.last_day, run.requested_by) == (self.DAY, self.DAY, None)
        tasks.reconcile.call(run.pk)
        assert tasks.close_days.call() == ["2026-04-01"]
        close = self.closed()
        assert (close.run, close.count, close.open_discrepancies) == (run, 3, 1)
        assert Discrepancy.objects.get().buckets == ["missing_there"]
        assert tasks.close_days.call() == []

    def compared(self) -> ReconciliationRun:
        """What the clock has asked for, worked on to its end."""
        tasks.close_days.call()
        return ended(ReconciliationRun.objects.latest("pk"))

    def test_a_day_is_not_closed_on_payments_without_an_answer(
        self, day: list[Payment], move_to: MoveTo, sandbox: SandboxGateway
    ) -> None:
        move_to(self.SIX)
        sandbox.fault("status", status=500, match=LOOKUPS)
        assert self.compared().unknown == [day[2].imp_uid]
        assert tasks.close_days.call() == []
        sandbox.heal()
        move_to(self.SIX + timedelta(minutes=15))
        run = self.compared()
        assert open_by_bucket() == {"missing_there": {day[2].imp_uid}}
        assert tasks.close_days.call() == ["2026-04-01"]
        close = self.closed()
        assert (close.run, close.open_discrepancies) == (run, 1)

    def test_one_that_can_never_be_read_holds_the_books_up_for_a_day_at_most(
        self, day: list[Payment], move_to: MoveTo, sandbox: SandboxGateway
    ) -> None:
        sandbox.control("PATCH", f"payments/{day[0].imp_uid}", {"amount": "99,000"})
        move_to(self.SIX)
        self.compared()
        move_to(self.SIX + timedelta(hours=23))
        self.compared()
        assert tasks.close_days.call() == []
        move_to(self.SIX + timedelta(hours=24, minutes=1))
        last = self.compared()
        assert tasks.close_days.call() == ["2026-04-01"]
        # Not lost although the next one is over by now.
        assert self.closed().run == last
        assert last.unknown == [day[0].imp_uid]

    def test_a_comparison_that_was_stopped_is_begun_anew(self, move_to: MoveTo) -> None:
        move_to(self.SIX)
        tasks.close_days.call()
        reconciliation.stop(run=ReconciliationRun.objects.get())
        assert tasks.close_days.call() == []
        assert ReconciliationRun.objects.count() == 2
        assert not DailyClose.objects.filter(day=self.DAY).exists()


def test_sums_are_folded_by_the_schedule_until_nothing_is_left(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Transactions of other databases of the same server hold it up.
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    list(paid_payments.write(user=customer, product=product, count=5))
    assert "fold_roll_ups" in {job.name for job in tasks.SCHEDULE}
    monkeypatch.setattr(tasks, "TURN", -1.0)
    tasks.fold_roll_ups.call()
    assert len(queued("fold_roll_ups")) == 1
    monkeypatch.setattr(tasks, "TURN", 20.0)
    tasks.fold_roll_ups.call()
    assert sum(MovementRollUp.objects.values_list("count", flat=True)) == 5
    assert sum(OrderRollUp.objects.values_list("count", flat=True)) == 5
    assert len(queued("fold_roll_ups")) == 1, "the turn that was queued before"
