"""What a run changed is kept with each of its payments, whatever becomes of them later."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import ItemChange, Payment, Product
from payments.selectors.verification_runs.changes import Change, changes_of
from payments.selectors.verification_runs.progress import counts_of
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders

from .running import ask_for, finish, here, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


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
        assert changes_of([run])[run.pk] == [
            Change(ItemChange.PAID, 1, open_one.amount),
            Change(ItemChange.CANCELLED, 1, -payments[0].amount),
            Change(ItemChange.PART_REFUNDED, 1, -9_000),
            Change(ItemChange.FAILED, 1, 0),
        ]

    def test_a_run_that_is_done_keeps_what_it_came_to(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        """A list of runs reads none of their payments, however many they are."""
        payments = here(customer, product, 3)
        paid_payments.post_to_gateway(sandbox.control, payments)
        sandbox.cancel(str(payments[0].imp_uid))
        asked = ask_for(Payment.objects.all())
        assert (asked.final_counts, asked.final_changes) == (None, None)
        run = finish(asked)
        kept, changes = counts_of([run])[run.pk], changes_of([run])[run.pk]
        with CaptureQueriesContext(connection) as queries:
            assert counts_of([run])[run.pk] == kept
            assert changes_of([run])[run.pk] == changes
        assert not queries.captured_queries
        run.final_counts = run.final_changes = None
        assert counts_of([run])[run.pk] == kept
        assert changes_of([run])[run.pk] == changes
        assert changes == [Change(ItemChange.CANCELLED, 1, -payments[0].amount)]

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
        assert changes_of([first, second, third]) == {
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
        assert changes_of([run])[run.pk] == [Change(ItemChange.PART_REFUNDED, 1, -9_000)]

    def test_approved_and_refunded_before_anybody_looked_moved_nothing_in_sum(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.ordered(customer, product)
        attempt = sandbox.pay(order.merchant_uid, order.amount)
        sandbox.cancel(attempt["imp_uid"])
        run = finish(ask_for(Payment.objects.all()))
        assert changes_of([run])[run.pk] == [Change(ItemChange.CANCELLED, 1, 0)]
