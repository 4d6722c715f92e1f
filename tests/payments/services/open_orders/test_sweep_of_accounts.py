"""The sweep and virtual accounts: each waits for its own due date, and is asked about once more."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from payments.services.open_orders import sweep as service
from payments.services.open_orders.sweep import SweepResult
from payments.states import FailReason, Source
from tests.gateway import SandboxGateway

from .sweeping import DAY, HOUR, Order, asked, issue_account, swept


class TestVirtualAccounts:
    def test_it_waits_for_its_own_due_date(self, order: Order, sandbox: SandboxGateway) -> None:
        payment = order(5 * DAY)
        issue_account(sandbox, payment, timezone.now() + 2 * DAY)
        assert swept(payment, later=DAY) == SweepResult(waiting=1)
        assert payment.is_awaiting_deposit

    def test_after_it_the_gateway_is_asked_once_more_and_the_order_failed(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(5 * DAY)
        issue_account(sandbox, payment, timezone.now() - HOUR)
        before = asked(payment)
        assert swept(payment, later=DAY) == SweepResult(deposit_expired=1)
        event = payment.events.get(kind="failed")
        assert asked(payment) == before + 1
        assert (event.source, event.reason_code) == (Source.SWEEP, "deposit_expired")
        assert payment.fail_reason == str(service._FAIL_REASONS[FailReason.DEPOSIT_EXPIRED])

    def test_a_deposit_of_the_last_minute_has_time_to_get_here(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(5 * DAY)
        imp_uid = issue_account(sandbox, payment, timezone.now() + DAY)
        assert swept(payment, later=DAY + timedelta(minutes=10)) == SweepResult(waiting=1)
        sandbox.deposit(imp_uid)
        assert swept(payment, later=DAY + timedelta(minutes=31)) == SweepResult(paid=1)

    def test_without_a_due_date_it_has_thirty_days(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(DAY)
        issue_account(sandbox, payment, None)
        assert payment.vbank_due is None
        assert swept(payment, later=28 * DAY) == SweepResult(waiting=1)
        assert swept(payment, later=30 * DAY) == SweepResult(deposit_expired=1)

    def test_an_account_that_the_answer_brings_counts_at_once(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(25 * HOUR)
        due = int((timezone.now() + DAY).timestamp())
        sandbox.pay(payment.merchant_uid, payment.amount, outcome="vbank", vbank_due=due)
        assert swept(payment) == SweepResult(waiting=1)
        assert payment.is_awaiting_deposit
        assert payment.vbank_due == datetime.fromtimestamp(due, UTC)

    def test_an_account_that_the_gateway_does_not_know_any_more_is_left_to_a_person(
        self, order: Order, sandbox: SandboxGateway
    ) -> None:
        payment = order(5 * DAY)
        imp_uid = issue_account(sandbox, payment, timezone.now() - HOUR)
        sandbox.control("DELETE", f"payments/{imp_uid}")
        assert swept(payment, later=DAY) == SweepResult(different=1)
        assert payment.status == "ready"
        assert swept(payment, later=HOUR) == SweepResult()
