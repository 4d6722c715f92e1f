"""A difference closes when the facts agree again, and opens when they stop."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.services.discrepancies import queue
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import (
    LOOKUPS,
    begun,
    ended,
    filed,
    kept,
    mirror,
    open_by_bucket,
    reconciled,
)

MAY_FIRST = date(2026, 5, 1)


def steps_of(discrepancy: Discrepancy) -> list[str]:
    return list(discrepancy.steps.values_list("kind", flat=True))


class TestClosingByItself:
    def lie(self, payment: Payment, sandbox: SandboxGateway, amount: int) -> None:
        sandbox.control("PATCH", f"payments/{payment.imp_uid}", {"amount": amount})

    def test_it_closes_opens_again_and_what_a_person_closed_stays(
        self, april_payment: Payment, sandbox: SandboxGateway, operator: User
    ) -> None:
        self.lie(april_payment, sandbox, 1)
        reconciled()
        self.lie(april_payment, sandbox, 99_000)
        assert reconciled().counts["closed"] == 1
        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.is_open, discrepancy.closing_reason) == (False, "agrees")
        self.lie(april_payment, sandbox, 1)
        reconciled()
        discrepancy.refresh_from_db()
        assert (discrepancy.is_open, discrepancy.times_opened) == (True, 2)
        queue.close(
            discrepancy=discrepancy,
            actor=operator,
            reason=ClosingReason.ACCEPTED,
            text="알고 있습니다",
            expected_version=discrepancy.version,
        )
        assert reconciled().counts["amount"] == 1
        assert open_by_bucket() == {}
        self.lie(april_payment, sandbox, 2)
        reconciled()
        assert open_by_bucket() == {"amount": {april_payment.imp_uid}}

    def test_a_run_over_other_days_closes_it_too(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        self.lie(april_payment, sandbox, 1)
        april = reconciled()
        self.lie(april_payment, sandbox, 99_000)
        reconciled(date(2026, 5, 1))
        assert open_by_bucket() == {}
        # It is still what April's run saw.
        assert list(Discrepancy.objects.get().seen_by.all()) == [april]

    def test_silence_closes_nothing(self, april_payment: Payment, sandbox: SandboxGateway) -> None:
        self.lie(april_payment, sandbox, 1)
        reconciled()
        self.lie(april_payment, sandbox, 99_000)
        sandbox.fault("status", status=500, match=LOOKUPS)
        reconciled(date(2026, 5, 1))
        assert open_by_bucket() == {"amount": {april_payment.imp_uid}}

    def test_a_payment_that_went_from_the_gateway_is_no_agreement(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        self.lie(april_payment, sandbox, 1)
        reconciled()
        sandbox.control("DELETE", f"payments/{april_payment.imp_uid}")
        reconciled()
        assert open_by_bucket() == {"missing_there": {april_payment.imp_uid}}
        assert steps_of(Discrepancy.objects.get()) == ["found", "changed"]

    def test_an_open_window_of_the_payment_is_closed_when_it_turns_up(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        reconciled()
        mirror(sandbox, [payment])
        reconciled(date(2026, 5, 1))
        assert open_by_bucket() == {}


class TestAnotherDifferenceInItsPlace:
    """One difference is gone and the sides differ in another way: nothing is left out."""

    @pytest.fixture
    def was_missing(self, customer: User, product: Product) -> Payment:
        """Paid here; a run with a wrong key found nothing at the gateway."""
        payment = builders.paid(customer, product)
        reconciled()
        return payment

    def test_what_turns_up_over_another_amount(
        self, was_missing: Payment, sandbox: SandboxGateway
    ) -> None:
        mirror(sandbox, [was_missing], {was_missing.pk: {"amount": 1_000}})
        assert reconciled(MAY_FIRST).counts["closed"] == 0
        assert open_by_bucket() == {"amount": {was_missing.imp_uid}}
        assert steps_of(Discrepancy.objects.get()) == ["found", "changed"]

    def test_what_turns_up_refunded(self, was_missing: Payment, sandbox: SandboxGateway) -> None:
        refunded = int(builders.NOON.timestamp()) + 60
        changes = {"outcome": "cancelled", "cancelled_at": refunded}
        mirror(sandbox, [was_missing], {was_missing.pk: changes})
        reconciled(MAY_FIRST)
        assert open_by_bucket() == {"refund": {was_missing.imp_uid}}

    def test_a_second_difference_beside_the_first(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": 1})
        reconciled()
        sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"currency": "USD"})
        reconciled(MAY_FIRST)
        assert open_by_bucket() == {
            "amount": {april_payment.imp_uid},
            "currency": {april_payment.imp_uid},
        }

    def test_one_that_a_person_accepted_stays_closed(
        self, april_payment: Payment, sandbox: SandboxGateway, operator: User
    ) -> None:
        sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": 1})
        reconciled()
        accepted = Discrepancy.objects.get()
        queue.close(
            discrepancy=accepted,
            actor=operator,
            reason=ClosingReason.ACCEPTED,
            text="알고 있습니다",
            expected_version=accepted.version,
        )
        kept(april_payment, None, Bucket.MISSING_THERE)
        assert reconciled(MAY_FIRST).counts["closed"] == 1
        accepted.refresh_from_db()
        assert (accepted.is_open, accepted.closing_reason) == (False, "accepted")

    def test_one_that_comes_up_meanwhile_is_the_next_runs(
        self, was_missing: Payment, sandbox: SandboxGateway
    ) -> None:
        mirror(sandbox, [was_missing])
        run = begun(MAY_FIRST)
        type(run).objects.update(started_at=run.requested_at - timedelta(seconds=5))
        sandbox.cancel(str(was_missing.imp_uid))
        ended(run)
        # Neither closed as if all agreed, nor filed as long as the webhook may be on its way.
        assert open_by_bucket() == {"missing_there": {was_missing.imp_uid}}
        reconciled(MAY_FIRST)
        assert open_by_bucket() == {"refund": {was_missing.imp_uid}}

    def test_a_hidden_test_payment_is_not_missing(
        self,
        april_payment: Payment,
        sandbox: SandboxGateway,
    ) -> None:
        """A look-up by its id alone finds nothing (contract 2.2): that says nothing new."""
        filed(april_payment, Bucket.TEST_PAYMENT, sandbox=True)
        sandbox.control("DELETE", f"payments/{april_payment.imp_uid}")
        reconciled(MAY_FIRST)
        assert open_by_bucket() == {"test_payment": {april_payment.imp_uid}}
