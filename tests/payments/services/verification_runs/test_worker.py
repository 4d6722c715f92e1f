"""A verification run: every payment once, whatever the gateway or a worker does in between."""

import time
from typing import Any

import pytest

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.errors import Conflict, NotAllowed
from payments.models import (
    Payment,
    PaymentEvent,
    Product,
    RunStatus,
    VerificationItem,
    VerificationRun,
)
from payments.services import runs
from payments.services.ledger_audit import audit
from payments.services.verification.question import NoAnswer
from payments.services.verification_runs import batch, claims, control, worker
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds

from .running import ask_for, finish, here, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


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
