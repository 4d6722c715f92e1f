"""A verification run: every payment once, whatever the gateway or a worker does in between."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments import ledger
from payments.core.db.clock import database_now
from payments.errors import Conflict, NotAllowed
from payments.iamport import GatewayPayment, IamportClient, NotFound
from payments.ledger import Entry
from payments.models import (
    ItemChange,
    ItemOutcome,
    Payment,
    PaymentEvent,
    Product,
    RunStatus,
    VerificationItem,
    VerificationRun,
)
from payments.selectors.verification_runs.changes import Change, changes_of
from payments.services import runs
from payments.services.ledger_audit import audit
from payments.services.verification.conclude import NoAnswer
from payments.services.verification.verify import verify
from payments.services.verification_runs import batch, claims, control, worker
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.conftest import kinds

pytestmark = pytest.mark.django_db(transaction=True)


def ask_for(payments: Any, actor: User | None = None) -> VerificationRun:
    return control.start(
        payments=payments, query="status=paid", actor=actor, enqueue=lambda pk: None
    )


def finish(run: VerificationRun, *, within: float = 20) -> VerificationRun:
    """Work as a worker does, turn after turn, until there is nothing left to do."""
    end = time.monotonic() + within
    while (pause := worker.work(run_id=run.pk, seconds=5)) is not None:
        assert time.monotonic() < end, "the run does not end"
        time.sleep(min(pause, 0.2))
    run.refresh_from_db()
    return run


def outcomes(run: VerificationRun) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for outcome in run.items.values_list("outcome", flat=True):
        numbers[outcome] = numbers.get(outcome, 0) + 1
    return numbers


def here(user: User, product: Product, count: int, **fields: Any) -> list[Payment]:
    """Paid payments in our book."""
    pieces = paid_payments.write(user=user, product=product, count=count, **fields)
    return [payment for piece in pieces for payment in piece]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(runs, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def many(customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
    """Paid here and there, two full calls and a half."""
    payments = here(customer, product, 250)
    paid_payments.post_to_gateway(sandbox.control, payments)
    return payments


class TestEveryPaymentOnce:
    def test_approved_payments_are_asked_about_a_hundred_a_call(
        self, many: list[Payment], sandbox: SandboxGateway, operator: User
    ) -> None:
        run = finish(ask_for(Payment.objects.all(), operator))
        assert (run.status, run.total, outcomes(run)) == (RunStatus.DONE, 250, {"agrees": 250})
        calls = sandbox.calls()
        assert calls["counts"]["GET /payments"] == 3
        assert list(audit()) == []

    def test_each_leaves_one_row_in_the_name_of_who_asked(
        self, many: list[Payment], operator: User
    ) -> None:
        run = finish(ask_for(Payment.objects.all(), operator))
        rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}")
        assert rows.count() == 250
        assert {(row.source, row.actor_id) for row in rows} == {(Source.RUN, operator.pk)}

    def test_what_moved_at_the_gateway_moves_here(
        self, many: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.cancel(str(many[3].imp_uid), 9_000)
        run = finish(ask_for(Payment.objects.all()))
        assert outcomes(run) == {"agrees": 249, "moved": 1}
        many[3].refresh_from_db()
        assert (many[3].status, many[3].cancelled_amount) == ("cancelled", 9_000)
        assert list(audit()) == []

    def test_an_open_order_is_asked_for_alone_so_that_every_attempt_is_seen(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        now = int(time.time())
        sandbox.pay(payment.merchant_uid, 99_000, started_at=now)
        sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", started_at=now + 5)
        run = finish(ask_for(Payment.objects.all()))
        assert outcomes(run) == {"moved": 1}
        payment.refresh_from_db()
        assert payment.status == "paid"

    def test_what_differs_and_what_is_not_there_is_told_apart(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        right, wrong, absent = here(customer, product, 3)
        paid_payments.post_to_gateway(sandbox.control, [right])
        paid_payments.post_to_gateway(sandbox.control, [wrong], amount=100)
        run = finish(ask_for(Payment.objects.all()))
        results = dict(run.items.values_list("payment__merchant_uid", "outcome"))
        assert results == {
            right.merchant_uid: "agrees",
            wrong.merchant_uid: "differs",
            absent.merchant_uid: "not_found",
        }
        assert run.items.get(payment=wrong).findings == "amount"

    def test_a_filter_that_finds_nothing_starts_nothing(self, operator: User) -> None:
        with pytest.raises(NotAllowed):
            ask_for(Payment.objects.none(), operator)
        assert not VerificationRun.objects.exists()


class TestWhatItChanged:
    def test_each_item_keeps_what_the_payment_became_and_the_won_that_moved(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = here(customer, product, 3)
        open_one, declined = (builders.ordered(customer, product) for _number in range(2))
        paid_payments.post_to_gateway(sandbox.control, payments)
        sandbox.cancel(str(payments[0].imp_uid))
        sandbox.cancel(str(payments[1].imp_uid), 9_000)
        sandbox.pay(open_one.merchant_uid, open_one.amount)
        sandbox.pay(declined.merchant_uid, declined.amount, outcome="failed")
        run = finish(ask_for(Payment.objects.all()))
        changed = {item.payment_id: (item.became, item.moved_amount) for item in run.items.all()}
        assert changed == {
            payments[0].pk: ("cancelled", -payments[0].amount),
            payments[1].pk: ("part_refunded", -9_000),
            payments[2].pk: ("", 0),
            open_one.pk: ("paid", open_one.amount),
            declined.pk: ("failed", 0),
        }
        assert changes_of([run.pk])[run.pk] == [
            Change(ItemChange.PAID, 1, open_one.amount),
            Change(ItemChange.CANCELLED, 1, -payments[0].amount),
            Change(ItemChange.PART_REFUNDED, 1, -9_000),
            Change(ItemChange.FAILED, 1, 0),
        ]

    def test_what_happens_later_is_another_runs_change(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        [payment] = here(customer, product, 1)
        paid_payments.post_to_gateway(sandbox.control, [payment])
        sandbox.cancel(str(payment.imp_uid), 9_000)
        first = finish(ask_for(Payment.objects.all()))
        sandbox.cancel(str(payment.imp_uid))
        second = finish(ask_for(Payment.objects.all()))
        third = finish(ask_for(Payment.objects.all()))
        assert changes_of([first.pk, second.pk, third.pk]) == {
            first.pk: [Change(ItemChange.PART_REFUNDED, 1, -9_000)],
            second.pk: [Change(ItemChange.CANCELLED, 1, 9_000 - payment.amount)],
            third.pk: [],
        }

    def test_what_was_refunded_and_is_paid_twice_has_changed_and_differs(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        [payment] = here(customer, product, 1)
        paid_payments.post_to_gateway(sandbox.control, [payment])
        sandbox.pay(payment.merchant_uid, payment.amount, ignore_prepare=True)
        verify(payment=payment, source=Source.ADMIN, every_attempt=True)
        sandbox.cancel(str(payment.imp_uid), 9_000)
        run = finish(ask_for(Payment.objects.all()))
        assert outcomes(run) == {"differs": 1}
        assert changes_of([run.pk])[run.pk] == [Change(ItemChange.PART_REFUNDED, 1, -9_000)]

    def test_approved_and_refunded_before_anybody_looked_moved_nothing_in_sum(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.ordered(customer, product)
        attempt = sandbox.pay(order.merchant_uid, order.amount)
        sandbox.cancel(attempt["imp_uid"])
        run = finish(ask_for(Payment.objects.all()))
        assert changes_of([run.pk])[run.pk] == [Change(ItemChange.CANCELLED, 1, 0)]


class TestTroubleAtTheGateway:
    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "status", "status": 500},
            {"kind": "status", "status": 429},
            {"kind": "html", "status": 502},
            {"kind": "cut"},
            {"kind": "token"},
        ],
        ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}",
    )
    def test_the_run_waits_goes_on_and_ends_right(
        self, many: list[Payment], sandbox: SandboxGateway, quick: None, fault: dict[str, Any]
    ) -> None:
        sandbox.fault(**fault, times=6)
        run = finish(ask_for(Payment.objects.all()))
        assert outcomes(run) == {"agrees": 250}
        assert list(audit()) == []

    def test_what_could_not_be_asked_is_unknown_and_never_missing(
        self, many: list[Payment], sandbox: SandboxGateway, quick: None
    ) -> None:
        sandbox.fault("status", status=500)
        run = finish(ask_for(Payment.objects.filter(pk__in=[payment.pk for payment in many[:5]])))
        assert outcomes(run) == {"unknown": 5}
        item = run.items.order_by("pk").first()
        assert item is not None
        assert item.attempts == runs.ATTEMPTS
        assert kinds(many[0])[-1] == EventKind.UNKNOWN
        many[0].refresh_from_db()
        assert (many[0].status, many[0].verification) == ("paid", "matched")

    def test_while_the_gateway_is_silent_the_whole_run_waits(
        self, many: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500)
        run = ask_for(Payment.objects.all())
        pause = worker.work(run_id=run.pk, seconds=5)
        assert pause is not None
        assert pause > 0
        run.refresh_from_db()
        # Calls that failed together are one silence.
        assert run.silences == 1
        assert run.not_before is not None
        asked = sandbox.calls()["total"]
        assert worker.work(run_id=run.pk, seconds=5)
        assert sandbox.calls()["total"] == asked

    def test_after_a_silence_no_further_call_goes_out(
        self, many: list[Payment], sandbox: SandboxGateway, settings: Any
    ) -> None:
        settings.RUN_PARALLEL_CALLS = 1
        sandbox.fault("status", status=500)
        run = ask_for(Payment.objects.all())
        assert worker.work(run_id=run.pk, seconds=5)
        tried = run.items.filter(attempts=1)
        assert (tried.count(), run.items.filter(attempts=0).count()) == (100, 150)

    def test_one_unreadable_payment_of_a_hundred_is_unknown_alone(
        self,
        many: list[Payment],
        sandbox: SandboxGateway,
        quick: None,
        customer: User,
        product: Product,
    ) -> None:
        (odd,) = here(customer, product, 1, start=paid_payments.START.replace(year=2025))
        paid_payments.post_to_gateway(sandbox.control, [odd], fields={"amount": "lots"})
        run = finish(ask_for(Payment.objects.all()))
        assert outcomes(run) == {"agrees": 250, "unknown": 1}


class TestWorkersThatDie:
    def test_what_a_dead_worker_had_claimed_is_taken_up_again(
        self, many: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 1
        run = ask_for(Payment.objects.all())
        dead = claims.take(run=run)
        assert dead is not None
        assert len(dead.items) == 100
        assert outcomes(finish(run)) == {"agrees": 250}

    def test_a_worker_that_waited_for_its_turn_leaves_what_was_claimed_meanwhile(
        self, many: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask_for(Payment.objects.all())
        asked_for_the_time = database_now()
        first = claims.take(run=run)
        monkeypatch.setattr(claims, "database_now", lambda: asked_for_the_time)
        second = claims.take(run=run)
        assert first is not None
        assert second is not None
        assert {item.pk for item in first.items}.isdisjoint(item.pk for item in second.items)

    def test_an_answer_that_comes_after_the_lease_is_applied_once(
        self, many: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 0
        run = ask_for(Payment.objects.all())
        slow, quick = claims.take(run=run), claims.take(run=run)
        assert slow is not None
        assert quick is not None
        assert [item.pk for item in slow.items] == [item.pk for item in quick.items]
        for claim in (quick, slow):
            batch.settle(claim=claim, replies=batch.ask(questions=claim.questions))
        rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}")
        assert rows.count() == 100
        assert list(audit()) == []

    def test_two_workers_share_a_run(self, many: list[Payment]) -> None:
        run = ask_for(Payment.objects.all())
        together(lambda: finish(run), 2)
        run.refresh_from_db()
        assert (run.status, outcomes(run)) == (RunStatus.DONE, {"agrees": 250})
        rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}")
        assert rows.count() == 250
        assert list(audit()) == []

    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_step_that_takes_longer_than_a_lease_stays_with_its_worker(
        self,
        workers: int,
        customer: User,
        product: Product,
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.RUN_LEASE, settings.RUN_PARALLEL_CALLS = 2, 1
        for _number in range(30):
            builders.ordered(customer, product)
        asked: list[str] = []

        def slow(client: IamportClient, merchant_uid: str, **_options: Any) -> list[GatewayPayment]:
            asked.append(merchant_uid)
            time.sleep(0.1)
            raise NotFound("no payment of this order")

        monkeypatch.setattr(IamportClient, "find_all", slow)
        run = ask_for(Payment.objects.all())
        together(lambda: finish(run), workers)
        assert outcomes(run) == {"not_found": 30}
        assert len(asked) == 30

    def test_a_failure_does_not_undo_what_another_worker_has_settled(
        self, many: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 0
        run = ask_for(Payment.objects.filter(pk=many[0].pk))
        slow, quick = claims.take(run=run), claims.take(run=run)
        assert slow is not None
        assert quick is not None
        batch.settle(claim=quick, replies=batch.ask(questions=quick.questions))
        batch.fail(claim=slow, items=slow.items, error=RuntimeError("a mistake of ours"))
        assert outcomes(run) == {"agrees": 1}

    def test_a_run_that_nobody_touches_is_found_again(
        self, many: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 30
        run, now = ask_for(Payment.objects.all()), timezone.now()
        assert control.stalled(now=now) == []
        later = now + timedelta(seconds=40)
        assert control.stalled(now=later) == [run.pk]
        control.pause(run=run)
        assert control.stalled(now=later) == []


class TestPoison:
    def test_a_payment_that_cannot_be_written_is_parked_and_the_rest_goes_on(
        self, many: list[Payment], quick: None
    ) -> None:
        poison = many[7]
        # A row that only a fault of ours could leave: the run's own key is taken.
        run = ask_for(Payment.objects.all())
        take_key(poison, f"confirmed:run-{run.pk}")
        finish(run)
        assert outcomes(run) == {"agrees": 249, "parked": 1}
        parked = run.items.get(outcome=ItemOutcome.PARKED)
        assert parked.payment_id == poison.pk
        assert "IntegrityError" in parked.error
        assert list(audit()) == []

    def test_a_mistake_of_ours_while_asking_is_kept_with_its_error(
        self, many: list[Payment], quick: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(client: IamportClient, **ids: Any) -> Any:
            raise ZeroDivisionError("a mistake of ours")

        monkeypatch.setattr(IamportClient, "payments", broken)
        run = finish(ask_for(Payment.objects.filter(pk=many[0].pk)))
        assert outcomes(run) == {"parked": 1}
        assert "a mistake of ours" in run.items.get().error


class TestPauseAndStop:
    def test_a_paused_run_makes_no_call_and_goes_on_where_it_stood(
        self, many: list[Payment], sandbox: SandboxGateway
    ) -> None:
        run = ask_for(Payment.objects.all())
        claim = claims.take(run=run)
        assert claim is not None
        batch.settle(claim=claim, replies=batch.ask(questions=claim.questions))
        control.pause(run=run)
        sandbox_calls = sandbox.calls()["total"]
        assert worker.work(run_id=run.pk, seconds=5) is None
        assert sandbox.calls()["total"] == sandbox_calls
        queued: list[int] = []
        control.resume(run=run, enqueue=queued.append)
        assert queued == [run.pk]
        assert outcomes(finish(run)) == {"agrees": 250}

    def test_a_stopped_run_leaves_the_rest_open_in_its_list(self, many: list[Payment]) -> None:
        run = ask_for(Payment.objects.all())
        control.stop(run=run)
        assert worker.work(run_id=run.pk, seconds=5) is None
        assert outcomes(run) == {"waiting": 250}
        run.refresh_from_db()
        assert run.finished_at is not None

    def test_who_comes_second_is_told(self, many: list[Payment]) -> None:
        run = ask_for(Payment.objects.all())
        control.stop(run=run)
        for late in (control.pause, control.stop):
            with pytest.raises(Conflict):
                late(run=run)
        with pytest.raises(Conflict):
            control.resume(run=run, enqueue=lambda pk: None)


def test_a_run_and_its_tasks_come_together_or_not_at_all(many: list[Payment]) -> None:
    def broken(pk: int) -> None:
        raise ConnectionError("the queue is not there")

    with pytest.raises(ConnectionError):
        control.start(payments=Payment.objects.all(), query="", actor=None, enqueue=broken)
    assert not VerificationRun.objects.exists()
    assert not VerificationItem.objects.exists()


def test_the_next_call_is_under_way_while_answers_are_written(
    many: list[Payment], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RUN_PARALLEL_CALLS = 1
    run, write, claimed = ask_for(Payment.objects.all()), batch.settle, []

    def watched(**arguments: Any) -> None:
        claimed.append(run.items.filter(claimed_until__isnull=False).count())
        write(**arguments)

    monkeypatch.setattr(batch, "settle", watched)
    assert outcomes(finish(run)) == {"agrees": 250}
    # What is being written and what is being asked about meanwhile: never more than one call.
    assert claimed == [200, 150, 50]


def test_many_payments_cost_few_statements(
    many: list[Payment], django_assert_max_num_queries: Any
) -> None:
    run = ask_for(Payment.objects.all())
    claim = claims.take(run=run)
    assert claim is not None
    replies = batch.ask(questions=claim.questions)
    # Transaction, lock, items, holders, rows, projections, outcomes: not one for each payment.
    with django_assert_max_num_queries(12):
        batch.settle(claim=claim, replies=replies)


def test_many_payments_without_an_answer_cost_few_statements(
    many: list[Payment], django_assert_max_num_queries: Any
) -> None:
    claim = claims.take(run=ask_for(Payment.objects.all()))
    assert claim is not None
    replies: worker.Replies = {item.payment_id: NoAnswer("HTTP 502") for item in claim.items}
    with django_assert_max_num_queries(12):
        batch.settle(claim=claim, replies=replies)


def take_key(payment: Payment, key: str) -> None:
    payment.refresh_from_db()
    with transaction.atomic():
        entry = Entry(kind=EventKind.NOTE, source=Source.COMMAND, key=key, note="taken")
        ledger.append(payment=payment, entry=entry)


def together(work: Callable[[], object], workers: int) -> None:
    """Let several threads do the same at once; whatever one raises fails the test."""
    problems: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - raised again by the test's own thread
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
