"""Turns of workers: killed, taken for dead, stalled, taken up again."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.iamport import IamportClient
from payments.iamport.schemas import Batch
from payments.models import Discrepancy, Payment, Product, ReconciliationRun, RunStatus
from payments.services import reconciliation
from payments.services.reconciliation import claims
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import LISTS, LOOKUPS, begun, ended, mirror, open_by_bucket

NOON = builders.NOON


class TestKilled:
    def test_it_goes_on_from_where_everything_was_settled(
        self, book: list[Payment], sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        for _turn in range(4):
            assert reconciliation.work(run_id=run.pk, seconds=0) == 0
        run.refresh_from_db()
        assert run.cursor == int(book[4].paid_at.timestamp()) - 1  # type: ignore[union-attr]
        assert (run.counts["agree"], run.counts["amount"]) == (3, 1)

        def killed(*, run: ReconciliationRun, fields: dict[str, object]) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(claims, "save", killed)
            with pytest.raises(KeyboardInterrupt):
                reconciliation.work(run_id=run.pk, seconds=0)
        sandbox.control("DELETE", "calls")
        run = ended(run)
        assert {name: n for name, n in run.counts.items() if n} == {
            "ours": 10,
            "theirs": 10,
            "agree": 8,
            "differ": 2,
            "discrepancies": 2,
            "amount": 2,
        }
        assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}
        assert list(Discrepancy.objects.values_list("steps__kind", flat=True)) == ["found"] * 2

    @pytest.mark.parametrize("where", [LISTS, LOOKUPS], ids=["lists", "look-ups"])
    def test_trouble_in_the_middle_costs_what_came_after_the_last_stop(
        self, book: list[Payment], sandbox: SandboxGateway, where: dict[str, str]
    ) -> None:
        run = begun()
        for _turn in range(8):
            assert reconciliation.work(run_id=run.pk, seconds=0) == 0
        sandbox.fault("html", match=where)
        for _turn in range(3):
            assert reconciliation.work(run_id=run.pk, seconds=0)
            ReconciliationRun.objects.update(not_before=None)
        sandbox.heal()
        run = ended(run)
        assert (run.counts["ours"], run.counts["agree"], run.counts["amount"]) == (10, 8, 2)
        assert (run.counts["unknown"], run.last_error) == (0, "")
        assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}

    def test_a_dead_workers_run_is_found_and_taken_over_after_its_lease(
        self, book: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 60
        run = begun()
        now = datetime.now(UTC)
        mine = ReconciliationRun.objects.filter(pk=run.pk)
        mine.update(status=RunStatus.RUNNING, claim="dead", seen_at=now, started_at=now)
        assert reconciliation.stalled(now=now) == []
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        mine.update(seen_at=now - timedelta(seconds=61))
        assert reconciliation.stalled(now=now) == [run.pk]
        assert ended(run).status == RunStatus.DONE

    def test_a_slow_worker_that_was_taken_for_dead_writes_nothing_more(
        self, book: list[Payment], when_listed: Callable[[Callable[[], object]], None]
    ) -> None:
        run = begun()
        when_listed(lambda: ReconciliationRun.objects.filter(pk=run.pk).update(claim="another"))
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.claim, run.cursor, run.counts) == ("another", None, {})


class TestOneByOne:
    """A batch can't be read, so each is asked for alone: longer than a lease may last."""

    LEASE = 60

    @pytest.fixture
    def _book(self, customer: User, product: Product, sandbox: SandboxGateway) -> None:
        payments = [
            builders.paid(customer, product, at=NOON + timedelta(seconds=n)) for n in range(10)
        ]
        lies: dict[int, dict[str, Any]] = {payment.pk: {"amount": 1} for payment in payments}
        lies[payments[5].pk] = {"fields": {"imp_uid": None}}
        mirror(sandbox, payments, lies)

    @pytest.fixture
    def run(self, _book: None, settings: Any) -> ReconciliationRun:
        settings.RUN_LEASE = self.LEASE
        return begun()

    def meanwhile(self, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
        """Before each call for one id alone."""
        ask = IamportClient.payments

        def slow(client: IamportClient, *, imp_uids: Sequence[str]) -> Batch:
            if len(imp_uids) == 1:
                happens()
            return ask(client, imp_uids=imp_uids)

        monkeypatch.setattr(IamportClient, "payments", slow)

    def test_a_worker_that_is_at_it_is_not_taken_for_dead(
        self, run: ReconciliationRun, monkeypatch: pytest.MonkeyPatch, time_machine: Any
    ) -> None:
        stolen = []

        def another_worker_comes() -> None:
            time_machine.shift(self.LEASE / 2)
            stolen.append(claims.take(run_id=run.pk))

        self.meanwhile(monkeypatch, another_worker_comes)
        time_machine.move_to(datetime.now(UTC), tick=False)
        assert ended(run).counts["amount"] == 9
        assert len(stolen) >= 10
        assert not any(stolen)

    def test_a_worker_whose_run_was_taken_over_asks_no_more(
        self, run: ReconciliationRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def taken_over() -> None:
            asked.append(run.pk)
            ReconciliationRun.objects.update(claim="another")

        self.meanwhile(monkeypatch, taken_over)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        assert len(asked) == 1
        assert not Discrepancy.objects.exists()


class TestTasks:
    def queued(self) -> list[int]:
        rows = DBTaskResult.objects.ready().filter(task_path=tasks.reconcile.module_path)
        return [row.args_kwargs["args"][0] for row in rows]

    def test_a_turn_works_and_is_over_when_the_run_is(self, april_payment: Payment) -> None:
        run = begun()
        tasks.reconcile.call(run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.DONE
        assert self.queued() == []
        # Safe at any time.
        tasks.reconcile.call(run.pk)

    def test_a_run_that_waits_is_queued_for_later(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LISTS)
        run = begun()
        tasks.reconcile.call(run.pk)
        assert self.queued() == []
        later = DBTaskResult.objects.get(task_path=tasks.reconcile.module_path)
        assert later.run_after > datetime.now(UTC)

    def test_the_rescue_queues_a_stalled_run(self, db: None) -> None:
        run = begun()
        long_ago = run.requested_at - timedelta(hours=1)
        ReconciliationRun.objects.update(status=RunStatus.RUNNING, seen_at=long_ago)
        tasks.rescue.call()
        assert self.queued() == [run.pk]
