"""The worker as a process of its own: it works, it signs off, and being killed loses nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from benchmarks.harness import process_environment
from payments import tasks
from payments.core.kst import day_of
from payments.models import (
    DEAD_AFTER,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    ScheduledJob,
    VerificationItem,
    VerificationRun,
    Worker,
)
from payments.services import reconciliation
from payments.services.background import workers
from payments.services.verification_runs import control
from tests.conftest import ROOT
from tests.gateway import SandboxGateway
from tests.payments import books, builders
from tests.payments.conftest import start

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 30.0


@pytest.fixture
def worker(sandbox: SandboxGateway) -> Iterator[Start]:
    """Starts a worker; whatever is still there at the end of the test is killed."""
    processes = []

    def run(*options: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--interval", "0.1", *options],
            cwd=ROOT,
            env=os.environ | process_environment(sandbox.url),
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def ended(process: "subprocess.Popen[str]") -> None:
    """It ends by itself, without complaint."""
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


def test_a_queued_task_is_done_and_the_worker_signs_off(worker: Start) -> None:
    tasks.rescue.enqueue()
    ended(worker("--batch", "--no-schedule"))
    task, row = DBTaskResult.objects.get(), Worker.objects.get()
    assert task.status == TaskResultStatus.SUCCESSFUL
    assert task.worker_ids == [row.worker_id]
    assert row.stopped_at is not None
    assert not ScheduledJob.objects.exists()


def test_told_to_stop_it_signs_off(worker: Start) -> None:
    process = worker()
    wait_for(Worker.objects.exists)
    # It ran the schedule once: every job is known, and due later.
    wait_for(lambda: ScheduledJob.objects.count() == len(tasks.SCHEDULE))
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    ended(process)
    assert Worker.objects.get().stopped_at is not None
    assert not DBTaskResult.objects.exists()


def test_a_worker_that_is_killed_loses_nothing(
    worker: Start, sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    payment = start(customer, product)
    sandbox.pay(payment.merchant_uid, payment.amount)
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=tasks.queue_verification
    )
    sandbox.fault("hang")
    process = worker("--no-schedule")
    wait_for(lambda: VerificationItem.objects.exclude(claim="").exists())
    process.kill()
    process.wait()
    sandbox.heal()

    lost = DBTaskResult.objects.get()
    assert lost.status == TaskResultStatus.RUNNING
    two_minutes_pass()
    tasks.rescue.call()
    lost.refresh_from_db()
    assert lost.status == TaskResultStatus.FAILED
    assert lost.exception_class_path.endswith(workers.WorkerLost.__name__)
    again = DBTaskResult.objects.get(status=TaskResultStatus.READY)
    assert (again.task_path, again.args_kwargs["args"]) == (lost.task_path, [run.pk])

    ended(worker("--batch", "--no-schedule"))
    run.refresh_from_db()
    payment.refresh_from_db()
    assert (run.status, payment.status) == ("done", "paid")


def test_a_worker_that_is_killed_while_it_reconciles_files_each_difference_once(
    worker: Start, sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    payments = [builders.paid(customer, product) for _ in range(5)]
    books.mirror(sandbox, payments, {payments[2].pk: {"amount": 1}})
    day = day_of(builders.NOON)
    run = reconciliation.start(
        first_day=day, last_day=day, actor=None, enqueue=tasks.queue_reconciliation
    )
    # Both sides are read and compared: it dies while it looks at the difference once more, by id.
    sandbox.fault("hang", match={"path": "/payment[s]"})
    process = worker("--no-schedule")
    wait_for(lambda: sandbox.control("GET", "faults")[0]["fired"] > 0)
    process.kill()
    process.wait()
    sandbox.heal()
    assert not Discrepancy.objects.exists()

    two_minutes_pass()
    tasks.rescue.call()
    ended(worker("--batch", "--no-schedule"))
    run.refresh_from_db()
    assert (run.status, run.counts["agree"], run.counts["amount"]) == ("done", 4, 1)
    discrepancy = Discrepancy.objects.get()
    assert (discrepancy.payment, list(discrepancy.steps.values_list("kind", flat=True))) == (
        payments[2],
        ["found"],
    )


def two_minutes_pass() -> None:
    """Everything that was there now lies two minutes back."""
    past = timezone.now() - DEAD_AFTER - timedelta(seconds=1)
    Worker.objects.update(seen_at=past)
    DBTaskResult.objects.update(started_at=past)
    VerificationRun.objects.update(seen_at=past)
    ReconciliationRun.objects.update(seen_at=past)
    VerificationItem.objects.update(claimed_until=past)
