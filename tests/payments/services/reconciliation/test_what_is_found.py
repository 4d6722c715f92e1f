"""The gateway's book beside ours: each difference is found, in its bucket, on its Korean day."""

import json
from datetime import UTC, date, timedelta
from typing import Any

import pytest

from accounts.models import User
from benchmarks.datasets import planted_differences
from payments.core import kst
from payments.models import Bucket, Discrepancy, Payment, Product, RunStatus
from payments.services.reconciliation import streams
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import APRIL_FIRST, gateway_row, mirror, open_by_bucket, reconciled

NOON = builders.NOON


# What is done to a payment that is 99,000 won and paid on both sides, and what has to be found.
PLANTED: list[tuple[dict[str, Any], Bucket]] = [
    ({"amount": 90_000}, Bucket.AMOUNT),
    ({"currency": "USD"}, Bucket.CURRENCY),
    ({"fields": {"merchant_uid": "somebody-elses"}}, Bucket.ORDER_NUMBER),
    ({"outcome": "cancelled", "cancel_amount": 9_000}, Bucket.REFUND),
    ({"outcome": "failed"}, Bucket.STATUS),
    ({"outcome": "ready"}, Bucket.STATUS),
    ({"sandbox": True}, Bucket.TEST_PAYMENT),
    ({"fields": {"apply_num": "99999999"}}, Bucket.DETAILS),
    ({"paid_at": int(NOON.timestamp()) + 9}, Bucket.PAID_AT),
]


class TestWhatIsFound:
    def test_two_books_that_agree(self, april_payment: Payment) -> None:
        run = reconciled()
        assert (run.status, open_by_bucket()) == (RunStatus.DONE, {})
        assert {name: n for name, n in run.counts.items() if n} == {
            "ours": 1,
            "theirs": 1,
            "agree": 1,
        }
        assert run.finished_at

    def test_agreeing_payments_cost_no_second_look(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.control("DELETE", "calls")
        reconciled()
        assert sandbox.calls()["counts"].keys() <= {
            "POST /users/getToken",
            "GET /payments/status/{payment_status}",
        }

    @pytest.mark.parametrize(("lie", "bucket"), PLANTED, ids=[str(lie) for lie, _ in PLANTED])
    def test_each_difference_lands_in_its_bucket(
        self,
        sandbox: SandboxGateway,
        customer: User,
        product: Product,
        lie: dict[str, Any],
        bucket: Bucket,
    ) -> None:
        payment = builders.paid(customer, product)
        time = int(NOON.timestamp())
        mirror(sandbox, [payment], {payment.pk: lie | {"cancelled_at": time, "failed_at": time}})
        run = reconciled()
        discrepancy = Discrepancy.objects.get()
        assert discrepancy.buckets == [bucket]
        assert (discrepancy.imp_uid, discrepancy.payment) == (payment.imp_uid, payment)
        assert (discrepancy.merchant_uid, discrepancy.amount) == (payment.merchant_uid, 99_000)
        assert (discrepancy.run, list(discrepancy.seen_by.all())) == (run, [run])
        assert json.loads(discrepancy.ours)["status"] == "paid"
        assert json.loads(discrepancy.theirs)["imp_uid"] == payment.imp_uid
        assert run.counts[bucket] == 1
        assert sum(run.counts[bucket] for bucket in Bucket) == 1

    def test_a_payment_that_is_unknown_here(self, db: None, sandbox: SandboxGateway) -> None:
        paid = sandbox.pay("never-ordered", 5_000, paid_at=int(NOON.timestamp()))
        reconciled()
        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.buckets, discrepancy.imp_uid) == (["missing_here"], paid["imp_uid"])
        assert (discrepancy.payment, discrepancy.ours, discrepancy.amount) == (None, "", 5_000)

    def test_only_won_is_at_stake(self, db: None, sandbox: SandboxGateway) -> None:
        noon = int(NOON.timestamp())
        sandbox.pay("bought-abroad", 990, paid_at=noon, currency="USD")
        sandbox.pay("never-ordered", 5_000, paid_at=noon)
        reconciled()
        stakes = dict(Discrepancy.objects.values_list("merchant_uid", "amount"))
        assert stakes == {"bought-abroad": 0, "never-ordered": 5_000}

    def test_a_payment_that_the_gateway_does_not_know(
        self, customer: User, product: Product
    ) -> None:
        payment = builders.paid(customer, product)
        reconciled()
        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.buckets, discrepancy.imp_uid) == (["missing_there"], payment.imp_uid)
        assert discrepancy.theirs == ""

    def test_an_order_that_was_approved_without_our_knowing(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.ordered(customer, product)
        paid = sandbox.pay(order.merchant_uid, 99_000, paid_at=int(NOON.timestamp()) + 60)
        reconciled()
        assert open_by_bucket() == {"status": {paid["imp_uid"]}}

    def test_a_second_approval_of_one_order(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        second = sandbox.pay(april_payment.merchant_uid, 99_000, paid_at=int(NOON.timestamp()) + 9)
        reconciled()
        assert open_by_bucket() == {"double_approval": {second["imp_uid"]}}
        assert Discrepancy.objects.get().payment == april_payment

    def test_one_payment_that_differs_in_several_things_is_one_case(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        lie = {"amount": 90_000, "currency": "USD"}
        mirror(sandbox, [payment], {payment.pk: lie})
        run = reconciled()
        assert open_by_bucket() == {"amount": {payment.imp_uid}, "currency": {payment.imp_uid}}
        assert (run.counts["amount"], run.counts["currency"]) == (1, 1)
        assert Discrepancy.objects.get().amount == 99_000

    def test_what_moved_no_money_is_no_difference(
        self, customer: User, product: Product, sandbox: SandboxGateway, april_payment: Payment
    ) -> None:
        noon = int(NOON.timestamp())
        for order in ("window-of-nobody", april_payment.merchant_uid):
            sandbox.pay(order, 99_000, outcome="ready", started_at=noon)
            sandbox.pay(order, 99_000, outcome="failed", failed_at=noon)
        # Ordered here, and no window was opened; declined, and the attempt is not kept here.
        builders.ordered(customer, product)
        builders.failed(customer, product)
        run = reconciled()
        assert open_by_bucket() == {}
        assert run.counts["moneyless"] == 4

    def test_an_account_that_waits_for_its_deposit_agrees(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.ordered(
            customer, product, imp_uid="imp_vbank", pay_method="vbank", vbank_num="1"
        )
        started = int(NOON.timestamp()) + 40
        mirror(sandbox, [order], {order.pk: {"outcome": "vbank", "started_at": started}})
        run = reconciled()
        assert open_by_bucket() == {}
        # The window's time is not the order's: nothing has moved.
        assert (run.counts["agree"], run.counts["moved"]) == (1, 0)

    def test_what_staff_closed_here_may_stay_open_there(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.failed(customer, product, imp_uid="imp_closed")
        mirror(sandbox, [order], {order.pk: {"outcome": "ready", "failed_at": None}})
        assert reconciled().counts["agree"] == 1
        assert open_by_bucket() == {}

    def test_test_payments_count_where_that_is_switched_on(
        self, customer: User, product: Product, sandbox: SandboxGateway, settings: Any
    ) -> None:
        settings.IAMPORT_ACCEPT_TEST_PAYMENTS = True
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"sandbox": True}})
        assert reconciled().counts["agree"] == 1

    def test_nothing_is_written_to_the_payments(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        before = april_payment.version
        sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": 1})
        reconciled()
        april_payment.refresh_from_db()
        assert april_payment.version == before

    def test_the_same_run_twice_adds_nothing(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": 1})
        first = reconciled()
        second = reconciled()
        discrepancy = Discrepancy.objects.get()
        assert list(discrepancy.steps.values_list("kind", flat=True)) == ["found"]
        assert (discrepancy.run, set(discrepancy.seen_by.all())) == (first, {first, second})
        assert second.counts["amount"] == 1


class TestMoved:
    """A list files a payment under its present status's time: later refunds take it elsewhere."""

    def test_a_later_refund_is_named_and_is_no_difference(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment, later = builders.paid(customer, product), NOON + timedelta(days=120)
        builders.refund_of(payment, 9_000, at=later)
        mirror(sandbox, [payment])
        run = reconciled()
        assert open_by_bucket() == {}
        assert (run.counts["moved"], run.moved) == (1, [payment.imp_uid])
        # In the days of the refund it is where both sides look for it.
        there = reconciled(kst.day_of(later))
        assert (there.counts["agree"], there.moved) == (1, [])

    def test_a_time_of_payment_that_differs_is_a_difference_and_counted_once(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        hour_later = int(NOON.timestamp()) + 3_600
        mirror(sandbox, [payment], {payment.pk: {"paid_at": hour_later}})
        run = reconciled(seconds=0)
        assert open_by_bucket() == {"paid_at": {payment.imp_uid}}
        assert (run.counts["differ"], run.counts["paid_at"], run.moved) == (1, 1, [])

    def test_a_time_of_refund_that_differs_is_a_difference_and_named_once(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded(customer, product, refund=9_000, at=NOON)
        hours_later = int(NOON.timestamp()) + 7_200
        mirror(sandbox, [payment], {payment.pk: {"cancelled_at": hours_later}})
        run = reconciled(seconds=0)
        assert open_by_bucket() == {"refund": {payment.imp_uid}}
        assert (run.counts["moved"], run.moved) == (1, [payment.imp_uid])

    def test_a_later_refund_that_we_do_not_know_of_is_a_difference(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.cancel(str(april_payment.imp_uid), 9_000)
        run = reconciled()
        assert open_by_bucket() == {"refund": {april_payment.imp_uid}}
        assert run.moved == []


class TestDays:
    """A day is a day in Korea, wherever the server stands."""

    def test_the_bounds_are_koreas(
        self,
        server_zone: str,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
    ) -> None:
        first, after = kst.start_of(date(2026, 4, 1)), kst.end_of(date(2026, 4, 1))
        second = timedelta(seconds=1)
        times = (first - second, first, after - second, after)
        payments = [builders.paid(customer, product, at=time.astimezone(UTC)) for time in times]
        mirror(sandbox, payments, {row.pk: {"amount": 1} for row in payments})
        reconciled()
        assert open_by_bucket() == {"amount": {payments[1].imp_uid, payments[2].imp_uid}}

    def test_half_seconds_belong_to_their_second(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        last_moment = kst.end_of(APRIL_FIRST) - timedelta(microseconds=1)
        payment = builders.paid(customer, product, at=last_moment)
        mirror(sandbox, [payment])
        assert reconciled().counts["agree"] == 1

    def test_more_than_ninety_days_at_once(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = [
            builders.paid(customer, product, at=NOON + timedelta(days=days))
            for days in (0, 89, 90, 91, 180)
        ]
        mirror(sandbox, payments, {payments[4].pk: {"amount": 1}})
        run = reconciled(APRIL_FIRST, APRIL_FIRST + timedelta(days=180))
        assert run.counts["agree"] == 4
        assert open_by_bucket() == {"amount": {payments[4].imp_uid}}

    def test_many_of_one_second(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(streams, "CHUNK", 4)
        payments = [builders.paid(customer, product) for _ in range(9)]
        mirror(sandbox, payments)
        assert reconciled().counts["agree"] == 9


def test_a_book_of_two_thousand_with_planted_differences_of_every_kind(
    customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    last = APRIL_FIRST + timedelta(days=planted_differences.DAYS - 1)
    expected = planted_differences.write(
        size=2_000,
        first_day=APRIL_FIRST,
        user_id=customer.pk,
        product_id=product.pk,
        post=lambda rows: sandbox.control("POST", "payments?answer=count", rows),
    )
    run = reconciled(APRIL_FIRST, last)
    assert open_by_bucket() == expected
    assert sum(map(len, expected.values())) == 75
    counts = {bucket: run.counts[bucket] for bucket in Bucket if run.counts[bucket]}
    assert counts == planted_differences.PLANTED
    counts = run.counts
    assert (counts["moved"], counts["unknown"], counts["changed"]) == (len(run.moved), 0, 0)
    # One in a hundred was refunded after these days, and some of their last ones.
    assert 20 < counts["moved"] < 35
    assert counts["ours"] > 1_900
    # Once more: nothing new, nothing closed.
    again = reconciled(APRIL_FIRST, last)
    assert open_by_bucket() == expected
    assert again.counts == counts


def test_told_says_what_our_side_says(customer: User, product: Product) -> None:
    payment = builders.refunded(customer, product, refund=9_000)
    row = gateway_row(payment)
    assert (row["outcome"], row["cancel_amount"]) == ("cancelled", 9_000)
    assert row["paid_at"] < row["cancelled_at"]
