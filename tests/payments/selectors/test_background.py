"""The background work: what waits, and when nothing works any more."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.models import ItemOutcome, Payment, Product, VerificationItem, Worker
from payments.selectors import background
from payments.selectors.background import Alarm
from payments.services.verification.verify import verify
from payments.services.verification_runs import control
from payments.states import Source
from tests.gateway import SandboxGateway

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MINUTE = timedelta(minutes=1)


def queued(*, ago: timedelta, **fields: Any) -> DBTaskResult[..., Any]:
    """A task that was queued so long ago."""
    tasks.rescue.enqueue()
    new = DBTaskResult.objects.exclude(priority=1)
    new.update(priority=1, enqueued_at=NOW - ago, **fields)
    return DBTaskResult.objects.latest("enqueued_at")


def worker(*, ago: timedelta, **fields: Any) -> Worker:
    """A worker whose last heartbeat is so long ago."""
    at = NOW - ago
    return Worker.objects.create(
        worker_id=f"w{ago}", host="shop-1", pid=7, started_at=at, seen_at=at, **fields
    )


def test_the_queue_is_counted_by_what_can_be_done_now() -> None:
    queued(ago=3 * MINUTE)
    queued(ago=MINUTE)
    queued(ago=9 * MINUTE, run_after=NOW + MINUTE)
    queued(ago=9 * MINUTE, run_after=NOW - 4 * MINUTE)
    queued(ago=9 * MINUTE, status="RUNNING", started_at=NOW)
    queued(ago=9 * MINUTE, status="SUCCESSFUL", finished_at=NOW)
    queue = background.queue(now=NOW)
    assert (queue.waiting, queue.later, queue.running) == (3, 1, 1)
    # One for later waits since it was due, not since it was queued.
    assert queue.oldest == NOW - 4 * MINUTE


def alarm() -> Alarm | None:
    with CaptureQueriesContext(connection) as captured:
        raised = background.alarm(now=NOW)
    assert len(captured) == 1
    return raised


def test_an_installation_without_any_worker_is_an_alarm() -> None:
    assert alarm() == Alarm(None, is_busy=False)


def test_silence_of_all_workers_for_five_minutes_is_an_alarm() -> None:
    worker(ago=9 * MINUTE)
    assert alarm() == Alarm(NOW - 9 * MINUTE, is_busy=False)
    worker(ago=4 * MINUTE)
    assert alarm() is None


def test_a_task_that_waits_for_more_than_five_minutes_is_an_alarm() -> None:
    worker(ago=timedelta(0))
    queued(ago=4 * MINUTE)
    assert alarm() is None
    queued(ago=6 * MINUTE)
    assert alarm() == Alarm(NOW - 6 * MINUTE, is_busy=True)


def test_only_failures_since_then_are_listed() -> None:
    ended = {"status": "FAILED", "exception_class_path": "x.Y", "traceback": ""}
    recent = queued(ago=MINUTE, finished_at=NOW - MINUTE, **ended)
    queued(ago=MINUTE, finished_at=NOW - timedelta(days=20), **ended)
    assert list(background.failed_tasks(since=NOW - timedelta(days=7))) == [recent]


def test_a_parked_payment_stays_until_it_is_verified(
    payment: Payment, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    assert not background.parked().exists()
    VerificationItem.objects.update(outcome=ItemOutcome.PARKED, settled_at=NOW, error="boom")
    assert [item.run for item in background.parked()] == [run]
    sandbox.fault("status", status=500)
    verify(payment=payment, source=Source.ADMIN)
    assert background.parked().exists()
    sandbox.heal()
    verify(payment=payment, source=Source.ADMIN)
    assert not background.parked().exists()
