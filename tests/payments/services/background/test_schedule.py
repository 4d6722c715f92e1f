"""The schedule: each job queued once, and never piling up behind itself."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from payments import tasks
from payments.models import DEAD_AFTER, ScheduledJob, Worker
from payments.services.background import workers
from payments.services.background.schedule import Job, run_due

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATH = tasks.sweep_orders.module_path


@pytest.fixture
def queued() -> list[str]:
    """What was queued."""
    return []


@pytest.fixture
def job(queued: list[str]) -> Job:
    """Every five minutes."""
    return Job(name="count", every=5 * MINUTE, enqueue=lambda: queued.append("count"))


def a_task(worker_id: str = "") -> DBTaskResult:  # type: ignore[type-arg]
    """A sweep in the queue, or in a worker's hands."""
    tasks.sweep_orders.enqueue()
    row = DBTaskResult.objects.get(status=TaskResultStatus.READY, task_path=PATH)
    if worker_id:
        row.claim(worker_id)
    return row


class TestEvery:
    def test_a_job_first_seen_is_due_later(self, db: None, job: Job, queued: list[str]) -> None:
        assert run_due(jobs=[job], now=NOW) == []
        assert run_due(jobs=[job], now=NOW + 4 * MINUTE) == []
        assert run_due(jobs=[job], now=NOW + 5 * MINUTE) == ["count"]
        assert queued == ["count"]

    def test_it_is_due_again_after_its_time(self, db: None, job: Job, queued: list[str]) -> None:
        for minutes in (0, 5, 6, 9, 10, 11):
            run_due(jobs=[job], now=NOW + minutes * MINUTE)
        assert queued == ["count", "count"]

    def test_missed_times_are_not_made_up_for(self, db: None, job: Job, queued: list[str]) -> None:
        run_due(jobs=[job], now=NOW)
        run_due(jobs=[job], now=NOW + timedelta(days=3))
        run_due(jobs=[job], now=NOW + timedelta(days=3, minutes=1))
        assert queued == ["count"]

    def test_a_scheduler_that_dies_in_between_has_done_neither(
        self, db: None, job: Job, queued: list[str]
    ) -> None:
        class Killed(BaseException):
            """What no handler sees."""

        def dies() -> None:
            tasks.rescue.enqueue()
            raise Killed

        run_due(jobs=[job], now=NOW)
        dying = Job(name="count", every=5 * MINUTE, enqueue=dies)
        with pytest.raises(Killed):
            run_due(jobs=[dying], now=NOW + 5 * MINUTE)
        assert not DBTaskResult.objects.exists()
        assert ScheduledJob.objects.get().queued_at is None
        assert run_due(jobs=[job], now=NOW + 5 * MINUTE) == ["count"]


class TestAlone:
    @pytest.fixture
    def sweep(self, db: None, queued: list[str]) -> Callable[[], list[str]]:
        """The next time that the sweep is due; what was queued."""
        job = Job(name="s", every=5 * MINUTE, enqueue=lambda: queued.append("s"), alone=PATH)
        run_due(jobs=[job], now=timezone.now())

        def due() -> list[str]:
            ScheduledJob.objects.update(due_at=timezone.now())
            return run_due(jobs=[job], now=timezone.now())

        return due

    def test_nothing_is_in_its_way(self, sweep: Callable[[], list[str]]) -> None:
        tasks.rescue.enqueue()
        a_task("w").set_successful(None)
        assert sweep() == ["s"]

    def test_one_that_waits_is_enough(
        self, sweep: Callable[[], list[str]], queued: list[str]
    ) -> None:
        a_task()
        assert sweep() == []
        assert queued == []
        assert ScheduledJob.objects.get().due_at > timezone.now()

    def test_one_under_way_is_enough(self, sweep: Callable[[], list[str]]) -> None:
        workers.heartbeat(worker_id="w", host="here", pid=1)
        row = a_task("w")
        row.started_at = timezone.now() - timedelta(hours=1)
        row.save()
        assert sweep() == []
        row.set_successful(None)
        assert sweep() == ["s"]

    def test_one_whose_worker_was_killed_is_not_in_its_way(
        self, sweep: Callable[[], list[str]]
    ) -> None:
        workers.heartbeat(worker_id="w", host="here", pid=1)
        row = a_task("w")
        assert sweep() == []
        past = timezone.now() - DEAD_AFTER - MINUTE
        Worker.objects.update(seen_at=past)
        row.started_at = past
        row.save()
        assert sweep() == ["s"]

    def test_a_young_one_counts_before_its_workers_next_heartbeat(
        self, sweep: Callable[[], list[str]]
    ) -> None:
        a_task("not seen yet")
        assert sweep() == []


class TestOurs:
    def test_names_fit_and_are_unique(self) -> None:
        names = [job.name for job in tasks.SCHEDULE]
        assert len(set(names)) == len(names)
        assert max(map(len, names)) <= 40

    def test_what_must_not_pile_up_names_its_own_task(self) -> None:
        paths = {job.name: job.alone for job in tasks.SCHEDULE if job.alone}
        assert paths.items() >= {
            ("sweep_orders", "payments.tasks.sweep_orders"),
            ("process_webhooks_again", "payments.tasks.process_webhooks_again"),
        }

    def test_the_command_queues_what_is_due_and_names_it(self, db: None) -> None:
        out = StringIO()
        call_command("run_due_jobs", stdout=out)
        assert out.getvalue() == "Nothing is due.\n"
        assert not DBTaskResult.objects.exists()
        ScheduledJob.objects.filter(name="sweep_orders").update(due_at=timezone.now())
        out = StringIO()
        call_command("run_due_jobs", stdout=out)
        assert out.getvalue() == "sweep_orders\n"
        assert DBTaskResult.objects.get().task_path == PATH
        call_command("run_due_jobs", stdout=StringIO())
        assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_queue_a_job_once() -> None:
    job = Job(name="count", every=5 * MINUTE, enqueue=tasks.rescue.enqueue)
    rounds, together = 10, threading.Barrier(4)
    names: list[str] = []

    def scheduler() -> None:
        close_old_connections()
        for number in range(rounds + 1):
            together.wait()
            names.extend(run_due(jobs=[job], now=NOW + number * 5 * MINUTE))
        connection.close()

    threads = [threading.Thread(target=scheduler) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["count"] * rounds
    assert DBTaskResult.objects.count() == rounds


class TestTheQueuesTable:
    def test_what_is_long_done_is_forgotten_and_failures_stay_longer(self, db: None) -> None:
        done, failed, waiting = a_task("w"), a_task("w"), a_task()
        done.set_successful(None)
        failed.set_failed(ValueError())

        def left_after(days: int, since: timedelta) -> set[DBTaskResult]:  # type: ignore[type-arg]
            """What is still there when the two that have ended are so old."""
            ended = DBTaskResult.objects.filter(pk__in=[done.pk, failed.pk])
            ended.update(finished_at=timezone.now() - timedelta(days=days) - since)
            tasks.rescue.call()
            return set(DBTaskResult.objects.all())

        assert left_after(tasks.DONE_KEPT, -MINUTE) == {done, failed, waiting}
        assert left_after(tasks.DONE_KEPT, MINUTE) == {failed, waiting}
        assert left_after(tasks.FAILED_KEPT, -MINUTE) == {failed, waiting}
        assert left_after(tasks.FAILED_KEPT, MINUTE) == {waiting}
