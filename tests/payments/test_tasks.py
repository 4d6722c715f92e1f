"""Background tasks: queued with what asks for them, safe to run twice, never the only memory."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.models import Payment, RunStatus, VerificationRun
from payments.services import runs
from tests.gateway import SandboxGateway

pytestmark = pytest.mark.django_db(transaction=True)


def queued(name: str) -> list[DBTaskResult]:
    return list(DBTaskResult.objects.ready().filter(task_path__endswith=f".{name}"))


def ask_for_all(actor: User | None = None) -> VerificationRun:
    return runs.start(
        payments=Payment.objects.all(), query="", actor=actor, enqueue=tasks.verify_run.enqueue
    )


def test_a_task_is_queued_in_the_transaction_that_asks_for_it(payment: Payment) -> None:
    with transaction.atomic():
        ask_for_all()
        transaction.set_rollback(True)
    assert queued("verify_run") == []
    ask_for_all()
    assert len(queued("verify_run")) == 1


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
    runs.pause(run=run)
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
