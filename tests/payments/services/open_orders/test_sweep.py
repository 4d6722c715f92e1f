"""The sweep: settles what no webhook told of, fails what nobody paid, and never guesses."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.iamport.transport import Reply, Transport
from payments.models import Payment, Product
from payments.services import webhooks
from payments.services.open_orders import sweep as service
from payments.services.open_orders.fail import fail_order
from payments.services.open_orders.sweep import SweepResult, sweep
from payments.services.verification.verify import verify
from payments.states import FailReason, Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

from .sweeping import DAY, HOUR, Order, asked, issue_account, swept


class TestWhatWasNeverTold:
    def test_an_approval_is_found(self, order: Order, sandbox: SandboxGateway) -> None:
        payment = order(HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount)
        assert swept(payment) == SweepResult(paid=1)
        assert payment.is_paid
        assert payment.events.get(kind="paid").source == Source.SWEEP

    def test_a_failure_is_found_with_the_gateways_reason(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(HOUR)
        sandbox.pay(
            payment.merchant_uid,
            payment.amount,
            outcome="failed",
            fields={"fail_reason": "한도 초과"},
        )
        assert swept(payment) == SweepResult(failed=1)
        assert (payment.status, payment.fail_reason) == ("failed", "한도 초과")

    def test_a_payment_that_was_refunded_since_is_found(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(HOUR)
        attempt = sandbox.pay(payment.merchant_uid, payment.amount)
        sandbox.cancel(attempt["imp_uid"])
        assert swept(payment) == SweepResult(cancelled=1)
        assert (payment.status, payment.net_amount) == ("cancelled", 0)

    def test_a_deposit_is_found_long_before_the_due_date(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(2 * HOUR)
        imp_uid = issue_account(sandbox, payment, timezone.now() + 3 * DAY)
        sandbox.deposit(imp_uid)
        assert swept(payment, later=HOUR) == SweepResult(paid=1)
        assert payment.is_paid


class TestWhomItAsks:
    def test_a_young_order_is_left_alone(self, order: Order) -> None:
        payment = order(timedelta(minutes=29))
        assert swept(payment) == SweepResult()
        assert asked(payment) == 0

    def test_a_settled_order_is_left_alone(self, order: Order, sandbox: SandboxGateway) -> None:
        payment = order(HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount)
        swept(payment)
        assert swept(payment, later=2 * DAY) == SweepResult()

    def test_the_older_the_order_the_longer_it_rests(self, order: Order) -> None:
        payment = order(HOUR)
        assert swept(payment) == SweepResult(waiting=1)
        assert swept(payment, later=timedelta(minutes=55)) == SweepResult()
        assert swept(payment, later=HOUR) == SweepResult(waiting=1)
        assert asked(payment) == 2

        older = order(10 * HOUR)
        swept(older)
        before = asked(older)
        swept(older, later=2 * HOUR)
        assert asked(older) == before
        swept(older, later=3 * HOUR)
        assert asked(older) == before + 1

    def test_once_its_time_is_up_no_answer_of_before_makes_it_rest(self, order: Order) -> None:
        payment = order(25 * HOUR)
        verify(payment=payment, source=Source.ADMIN)
        assert swept(payment) == SweepResult(abandoned=1)

    def test_the_end_of_the_wait_does_not_wait_for_the_rest(self, order: Order) -> None:
        payment = order(timedelta(hours=23, minutes=55))
        assert swept(payment) == SweepResult(waiting=1)
        assert swept(payment, later=timedelta(minutes=10)) == SweepResult(abandoned=1)

    def test_the_waits_are_configured(
        self, order: Order, sandbox: SandboxGateway, settings: Any
    ) -> None:
        settings.SWEEP_SHORT_WAIT, settings.SWEEP_LONG_WAIT = 5, 1
        young, old = order(timedelta(minutes=6)), order(HOUR)
        sandbox.pay(old.merchant_uid, old.amount, outcome="ready")
        assert swept(young, old) == SweepResult(waiting=1, abandoned=1)
        assert (young.status, old.status) == ("ready", "failed")

    def test_it_reads_open_orders_in_chunks_from_their_index(
        self, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "CHUNK", 2)
        payments = [order(HOUR) for _ in range(5)]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as queries:
            assert list(service._due(service._Clock(timezone.now(), None))) == payments
        chunks = [query["sql"] for query in queries if "LIMIT 2" in query["sql"]]
        assert len(chunks) == 4  # the last one brings nothing
        with connection.cursor() as cursor:
            kind = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{kind} {chunks[1]}")
            plan = str(cursor.fetchall())
        if connection.vendor == "postgresql":
            # Of a handful of rows it takes whichever index; never the table itself.
            assert "Index" in plan
            assert "Seq Scan" not in plan
        else:
            assert "payment_by_status" in plan
            assert "ORDER BY" not in plan


class TestFailing:
    def test_an_order_without_any_attempt_is_abandoned_once_that_is_said_twice(
        self, order: Order
    ) -> None:
        payment = order(25 * HOUR)
        assert swept(payment) == SweepResult(waiting=1)
        assert swept(payment) == SweepResult(abandoned=1)
        event = payment.events.get(kind="failed")
        assert (payment.status, event.source, event.reason_code) == (
            "failed",
            Source.SWEEP,
            "abandoned",
        )
        assert event.actor is None
        assert payment.failed_at is not None
        assert payment.fail_reason == str(service._FAIL_REASONS[FailReason.ABANDONED])
        assert kinds(payment)[-3:] == ["asked", "not_found", "failed"]

    def test_a_window_that_was_left_is_abandoned(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(25 * HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready")
        assert swept(payment) == SweepResult(abandoned=1)

    def test_before_its_time_is_up_it_stays_open(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(23 * HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready")
        assert swept(payment) == SweepResult(waiting=1)
        assert payment.status == "ready"

    @pytest.mark.parametrize("status", [400, 404])
    def test_a_page_that_is_not_there_for_once_hides_no_money(
        self,
        order: Order,
        sandbox: SandboxGateway,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
    ) -> None:
        payment = order(25 * HOUR)
        left = {"merchant_uid": payment.merchant_uid, "amount": payment.amount, "outcome": "ready"}
        began = int(payment.requested_at.timestamp())
        rows = [left | {"started_at": began + number} for number in range(120)]
        sandbox.control("POST", "payments?answer=count", rows)
        sandbox.pay(payment.merchant_uid, payment.amount)
        exchange = Transport.exchange

        def without_page_2(*arguments: Any) -> Reply:
            if ("page", "2") in arguments[1].params:
                return Reply(status, b'{"code": -1, "message": null, "response": null}')
            return exchange(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(Transport, "exchange", without_page_2)
            assert swept(payment) == SweepResult(silent=1)
            assert payment.status == "ready"
        assert swept(payment) == SweepResult(paid=1)

    def test_money_is_never_waved_away(self, order: Order, sandbox: SandboxGateway) -> None:
        payment = order(25 * HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount)
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready", ignore_prepare=True)
        assert swept(payment) == SweepResult(paid=1)

    def test_a_difference_is_left_to_a_person_and_not_asked_about_every_time(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(25 * HOUR)
        sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        assert swept(payment) == SweepResult(different=1)
        assert (payment.status, payment.verification) == ("ready", "mismatched")
        assert swept(payment, later=HOUR) == SweepResult()
        assert swept(payment, later=DAY) == SweepResult(different=1)

    def test_money_that_comes_in_while_it_decides_wins(
        self, order: Order, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = order(25 * HOUR)
        swept(payment)

        def pay_first(**arguments: Any) -> Payment:
            sandbox.pay(payment.merchant_uid, payment.amount)
            verify(payment=payment, source=Source.WEBHOOK)
            return fail_order(**arguments)

        monkeypatch.setattr(service, "fail_order", pay_first)
        assert swept(payment) == SweepResult(waiting=1)
        assert payment.is_paid
        assert not payment.late_approval

    def test_money_that_comes_in_afterwards_is_taken_and_flagged(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(25 * HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready")
        swept(payment)
        late = sandbox.pay(payment.merchant_uid, payment.amount)
        body = f'{{"imp_uid": "{late["imp_uid"]}", "status": "paid"}}'.encode()
        webhooks.process(delivery=webhooks.receive(body=body, content_type="", remote_address=None))
        payment.refresh_from_db()
        assert payment.is_paid
        assert payment.late_approval
        assert swept(payment, later=30 * DAY) == SweepResult()


class TestSilence:
    def test_it_changes_nothing_and_is_tried_again_next_time(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(25 * HOUR)
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="ready")
        sandbox.fault("status", status=500)
        assert swept(payment) == SweepResult(silent=1)
        assert (payment.status, payment.verification) == ("ready", "unknown")
        sandbox.heal()
        assert swept(payment) == SweepResult(abandoned=1)

    def test_after_three_in_a_row_the_rest_is_left_for_later(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payments = [order(HOUR) for _ in range(5)]
        sandbox.fault("status", status=500)
        assert swept(*payments) == SweepResult(silent=3)
        assert [asked(payment) for payment in payments] == [1, 1, 1, 0, 0]
        sandbox.heal()
        assert swept(*payments) == SweepResult(waiting=5)

    def test_orders_that_can_not_be_answered_do_not_starve_the_others(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        for _ in range(3):
            poison = order(3 * HOUR)
            sandbox.fault("html", match={"path": f"/payments/findAll/{poison.merchant_uid}*"})
        payment = order(HOUR)
        assert swept(payment) == SweepResult(silent=3)
        assert swept(payment) == SweepResult(waiting=1, silent=3)

    def test_a_mistake_of_ours_about_one_does_not_stop_the_others(
        self, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison, payment = order(26 * HOUR), order(25 * HOUR)

        def broken(**arguments: Any) -> Payment:
            if arguments["payment"].pk == poison.pk:
                raise ZeroDivisionError
            return fail_order(**arguments)

        swept(poison, payment)
        monkeypatch.setattr(service, "fail_order", broken)
        assert swept(poison, payment) == SweepResult(abandoned=1, broken=1)
        assert (poison.status, payment.status) == ("ready", "failed")


def test_when_its_time_is_over_it_says_so(order: Order) -> None:
    payment = order(HOUR)
    assert swept(payment, seconds=0) == SweepResult(unfinished=True)
    assert asked(payment) == 0


@pytest.mark.django_db(transaction=True)
def test_two_at_once_settle_each_order_once(
    sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    long_ago = timezone.now() - 25 * HOUR
    payments = [
        start(customer, product, checkout_key=f"click-{number}", requested_at=long_ago)
        for number in range(6)
    ]
    for payment in payments[:3]:
        sandbox.pay(payment.merchant_uid, payment.amount)
    together = threading.Barrier(2)
    results: list[SweepResult] = []

    def sweep_once() -> None:
        together.wait()
        results.append(sweep(now=timezone.now(), seconds=60))
        connection.close()

    threads = [threading.Thread(target=sweep_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.broken for result in results] == [0, 0]
    for payment in payments:
        swept(payment, later=2 * DAY)
        assert payment.status == ("paid" if payment in payments[:3] else "failed")
        assert kinds(payment).count(payment.status) == 1
        assert not payment.late_approval
