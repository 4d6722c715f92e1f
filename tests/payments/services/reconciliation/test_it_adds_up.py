"""The figures of a run can be checked by hand: both sides come to the same payments."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from benchmarks.datasets import planted_differences
from payments.core.kst import start_of
from payments.models import Payment, Product, ReconciliationRun
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import APRIL_FIRST, LOOKUPS, assert_it_adds_up, mirror, reconciled

NOON = builders.NOON
A_MONTH_BEFORE = NOON - timedelta(days=30)


def figures(run: ReconciliationRun) -> dict[str, int]:
    """Those that are not 0."""
    return {name: number for name, number in run.counts.items() if number}


def second(days: int = 0, seconds: int = 0) -> int:
    """Noon of the first of April and so much later, as the gateway says it."""
    return int((NOON + timedelta(days=days, seconds=seconds)).timestamp())


class TestItAddsUp:
    def test_the_book_of_planted_differences(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        size, days = 2_000, timedelta(days=planted_differences.DAYS)
        posted: list[dict[str, Any]] = []

        def tell(rows: list[dict[str, Any]]) -> None:
            posted.extend(rows)
            sandbox.control("POST", "payments?answer=count", rows)

        planted_differences.write(
            size=size,
            first_day=APRIL_FIRST,
            user_id=customer.pk,
            product_id=product.pk,
            post=tell,
        )
        run = reconciled(APRIL_FIRST, APRIL_FIRST + days - timedelta(days=1))
        assert_it_adds_up(run)
        end = start_of(APRIL_FIRST + days).timestamp()
        times = ("cancelled_at", "failed_at", "paid_at", "started_at")
        listed = {row["imp_uid"] for row in posted if next(row[n] for n in times if n in row) < end}
        ours = set(Payment.objects.exclude(imp_uid=None).values_list("imp_uid", flat=True))
        counts = run.counts
        assert (counts["ours"], counts["theirs"]) == (len(ours), len(listed))
        assert (counts["only_there"], counts["only_here"]) == (
            len(listed - ours),
            len(ours - listed),
        )
        assert counts["differ"] == 75

    def test_a_refund_that_moved_a_payment_here_and_a_second_approval(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        before = builders.paid(customer, product, at=A_MONTH_BEFORE)
        april = builders.paid(customer, product)
        # Paid a month before; that it was refunded in these days only the gateway knows.
        refund = {"outcome": "cancelled", "cancel_amount": 9_000, "cancelled_at": second()}
        mirror(sandbox, [before, april], {before.pk: refund})
        sandbox.pay(april.merchant_uid, 99_000, paid_at=second(seconds=9))
        run = reconciled()
        assert_it_adds_up(run)
        assert figures(run) == {
            "ours": 1,
            "theirs": 3,
            "only_there": 2,
            "agree": 1,
            "differ": 2,
            "discrepancies": 2,
            "refund": 1,
            "double_approval": 1,
        }

    def test_a_later_refund_that_both_know_is_in_our_list_alone(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        builders.refund_of(payment, 9_000, at=NOON + timedelta(days=40))
        mirror(sandbox, [payment])
        assert figures(reconciled()) == {"ours": 1, "only_here": 1, "moved": 1}

    def test_a_payment_that_the_gateway_dates_into_other_days_is_counted_once(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        before = builders.paid(customer, product, at=A_MONTH_BEFORE)
        mirror(sandbox, [before], {before.pk: {"paid_at": second()}})
        assert figures(reconciled()) == {
            "theirs": 1,
            "only_there": 1,
            "differ": 1,
            "discrepancies": 1,
            "paid_at": 1,
        }

    @pytest.mark.parametrize("seconds", [0, 60], ids=["met apart", "met together"])
    def test_a_refund_that_the_two_sides_date_on_either_side_of_the_last_midnight(
        self, customer: User, product: Product, sandbox: SandboxGateway, seconds: float
    ) -> None:
        payment = builders.paid(customer, product)
        builders.refund_of(payment, 9_000, at=NOON + timedelta(days=1))
        others = [builders.paid(customer, product, at=NOON + timedelta(hours=n)) for n in (1, 2)]
        mirror(sandbox, [payment, *others], {payment.pk: {"cancelled_at": second(0, 10_800)}})
        run = reconciled(seconds=seconds)
        found = {"discrepancies": 1, "refund": 1}
        assert figures(run) == {"ours": 3, "theirs": 3, "agree": 2, "moved": 1} | found

    def test_two_differences_of_one_payment_are_one_payment(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"amount": 1, "currency": "USD"}})
        run = reconciled()
        assert (run.counts["differ"], run.counts["amount"], run.counts["currency"]) == (1, 1, 1)
        assert run.counts["discrepancies"] == 1

    def test_what_stays_unknown_has_its_place_on_both_sides(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        missing, wrong = builders.paid(customer, product), builders.paid(customer, product)
        mirror(sandbox, [wrong], {wrong.pk: {"amount": 1}})
        sandbox.pay("never-ordered", 5_000, paid_at=second())
        sandbox.fault("status", status=500, match=LOOKUPS)
        run = reconciled()
        assert missing.imp_uid in run.unknown
        assert figures(run) == {
            "ours": 2,
            "theirs": 2,
            "only_there": 1,
            "only_here": 1,
            "unknown": 3,
        }
