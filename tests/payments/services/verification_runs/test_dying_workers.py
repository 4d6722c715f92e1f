"""Workers that die, wait or fail: each payment of a run is settled once all the same."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from payments import ledger
from payments.core.db.clock import database_now
from payments.iamport import GatewayPayment, IamportClient, NotFound
from payments.ledger import Entry
from payments.models import ItemOutcome, Payment, PaymentEvent, Product, RunStatus
from payments.services.ledger_audit import audit
from payments.services.verification_runs import batch, claims, control
from payments.states import EventKind, Source
from tests.payments import builders
from tests.payments.parallel import in_parallel

from .running import ask_for, finish, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


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
        assert in_parallel(*[lambda: finish(run)] * 2) == []
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
        assert in_parallel(*[lambda: finish(run)] * workers) == []
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


def take_key(payment: Payment, key: str) -> None:
    payment.refresh_from_db()
    with transaction.atomic():
        entry = Entry(kind=EventKind.NOTE, source=Source.COMMAND, key=key, note="taken")
        ledger.append(payment=payment, entry=entry)
