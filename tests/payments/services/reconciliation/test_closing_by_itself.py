"""A difference closes when the facts agree again, and opens when they stop."""

from datetime import date

from accounts.models import User
from payments.models import ClosingReason, Discrepancy, Payment, Product
from payments.services import discrepancies
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import LOOKUPS, found, mirror, reconciled


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
        discrepancies.close(
            discrepancy=discrepancy,
            actor=operator,
            reason=ClosingReason.ACCEPTED,
            text="알고 있습니다",
            expected_version=discrepancy.version,
        )
        assert reconciled().counts["amount"] == 1
        assert found() == {}
        self.lie(april_payment, sandbox, 2)
        reconciled()
        assert found() == {"amount": {april_payment.imp_uid}}

    def test_a_run_over_other_days_closes_it_too(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        self.lie(april_payment, sandbox, 1)
        april = reconciled()
        self.lie(april_payment, sandbox, 99_000)
        reconciled(date(2026, 5, 1))
        assert found() == {}
        # It is still what April's run saw.
        assert list(Discrepancy.objects.get().seen_by.all()) == [april]

    def test_silence_closes_nothing(self, april_payment: Payment, sandbox: SandboxGateway) -> None:
        self.lie(april_payment, sandbox, 1)
        reconciled()
        self.lie(april_payment, sandbox, 99_000)
        sandbox.fault("status", status=500, match=LOOKUPS)
        reconciled(date(2026, 5, 1))
        assert found() == {"amount": {april_payment.imp_uid}}

    def test_a_payment_that_went_from_the_gateway_is_no_agreement(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        self.lie(april_payment, sandbox, 1)
        reconciled()
        sandbox.control("DELETE", f"payments/{april_payment.imp_uid}")
        reconciled()
        assert found() == {
            "amount": {april_payment.imp_uid},
            "missing_there": {april_payment.imp_uid},
        }

    def test_an_open_window_of_the_payment_is_closed_when_it_turns_up(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        reconciled()
        mirror(sandbox, [payment])
        reconciled(date(2026, 5, 1))
        assert found() == {}
