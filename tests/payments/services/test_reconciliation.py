"""The gateway's book beside ours: what differs is found, and silence is never a difference."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import kst, tasks
from payments.errors import Conflict, NotAllowed
from payments.iamport import GatewayPayment
from payments.management import planted_book
from payments.models import (
    Bucket,
    ClosingReason,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
)
from payments.services import discrepancies, reconciliation
from payments.services.differences import Ours
from payments.services.reconciliation import asking, sides, tally
from payments.services.verification import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import APRIL_FIRST, begun, ended, mirror, reconciled, told

NOON = builders.NOON
LISTS = {"path": "/payments/status*"}
# A pattern, which is met as a whole: the batch by ids alone.
LOOKUPS = {"path": "/payment[s]"}


@pytest.fixture(autouse=True)
def _gateway(sandbox: SandboxGateway) -> None:
    """Every test here talks to the stand-in."""


@pytest.fixture
def april_payment(sandbox: SandboxGateway, customer: User, product: Product) -> Payment:
    """Paid on the first of April, and the gateway says the same."""
    payment = builders.paid(customer, product)
    mirror(sandbox, [payment])
    return payment


def found() -> dict[str, set[str]]:
    """The imp_uids of what is open, by bucket."""
    open_ones = Discrepancy.objects.filter(is_open=True).values_list("bucket", "imp_uid")
    return {
        bucket: {imp_uid for one, imp_uid in open_ones if one == bucket} for bucket, _ in open_ones
    }


class TestAsking:
    @pytest.mark.parametrize(
        ("first", "last", "words"),
        [
            (date(2026, 4, 2), date(2026, 4, 1), asking.ORDER),
            (date(2026, 4, 1), date(2999, 4, 1), asking.FUTURE),
            (date(2025, 4, 1), date(2026, 4, 2), asking.TOO_LONG),
        ],
    )
    def test_days_that_make_no_sense_are_refused_with_words(
        self, db: None, first: date, last: date, words: str
    ) -> None:
        with pytest.raises(NotAllowed) as refused:
            begun(first, last)
        assert refused.value.message == words
        assert not ReconciliationRun.objects.exists()

    def test_it_queues_the_work_and_keeps_the_name(self, finance: User) -> None:
        queued: list[int] = []
        run = reconciliation.start(
            first_day=APRIL_FIRST, last_day=APRIL_FIRST, actor=finance, enqueue=queued.append
        )
        assert queued == [run.pk]
        assert (run.requested_by, run.requested_name) == (finance, str(finance))
        assert run.status == RunStatus.WAITING

    def test_a_paused_run_does_nothing_until_it_is_resumed(self, april_payment: Payment) -> None:
        run, queued = begun(), []
        reconciliation.pause(run=run)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        reconciliation.resume(run=run, enqueue=queued.append)
        assert queued == [run.pk]
        assert ended(run).counts["agree"] == 1

    def test_a_stopped_run_has_ended(self, april_payment: Payment) -> None:
        run = begun()
        reconciliation.stop(run=run)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.status, run.counts) == ("stopped", {})
        with pytest.raises(Conflict):
            reconciliation.pause(run=run)

    def test_a_pause_in_the_middle_is_heard_at_the_next_stop(
        self, april_payment: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        look = reconciliation.working._Turn._compare

        def pausing(self: Any, second: Any) -> None:
            reconciliation.pause(run=ReconciliationRun.objects.get(pk=run.pk))
            look(self, second)

        monkeypatch.setattr(reconciliation.working._Turn, "_compare", pausing)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.status, run.cursor, run.claim) == ("paused", None, "")


# What is done to a payment that is 99,000 won and paid on both sides, and what has to be found.
PLANTED: list[tuple[dict[str, Any], Bucket]] = [
    ({"amount": 90_000}, Bucket.AMOUNT),
    ({"currency": "USD"}, Bucket.CURRENCY),
    ({"fields": {"merchant_uid": "somebody-elses"}}, Bucket.ORDER_NUMBER),
    ({"outcome": "cancelled", "cancel_amount": 9_000}, Bucket.REFUND),
    ({"outcome": "failed"}, Bucket.STATUS),
    ({"outcome": "ready"}, Bucket.STATUS),
    ({"sandbox": True}, Bucket.TEST_PAYMENT),
]


class TestWhatIsFound:
    def test_two_books_that_agree(self, april_payment: Payment) -> None:
        run = reconciled()
        assert (run.status, found()) == (RunStatus.DONE, {})
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
        assert discrepancy.bucket == bucket
        assert (discrepancy.imp_uid, discrepancy.payment) == (payment.imp_uid, payment)
        assert (discrepancy.merchant_uid, discrepancy.amount) == (payment.merchant_uid, 99_000)
        assert (discrepancy.run, discrepancy.last_run) == (run, run)
        assert json.loads(discrepancy.ours)["status"] == "paid"
        assert json.loads(discrepancy.theirs)["imp_uid"] == payment.imp_uid
        assert run.counts[bucket] == 1
        assert sum(run.counts[one] for one in Bucket) == 1

    def test_a_payment_that_is_unknown_here(self, db: None, sandbox: SandboxGateway) -> None:
        paid = sandbox.pay("never-ordered", 5_000, paid_at=int(NOON.timestamp()))
        reconciled()
        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.bucket, discrepancy.imp_uid) == ("missing_here", paid["imp_uid"])
        assert (discrepancy.payment, discrepancy.ours, discrepancy.amount) == (None, "", 5_000)

    def test_a_payment_that_the_gateway_does_not_know(
        self, customer: User, product: Product
    ) -> None:
        payment = builders.paid(customer, product)
        reconciled()
        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.bucket, discrepancy.imp_uid) == ("missing_there", payment.imp_uid)
        assert discrepancy.theirs == ""

    def test_an_order_that_was_approved_without_our_knowing(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.ordered(customer, product)
        paid = sandbox.pay(order.merchant_uid, 99_000, paid_at=int(NOON.timestamp()) + 60)
        reconciled()
        assert found() == {"status": {paid["imp_uid"]}}

    def test_a_second_approval_of_one_order(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        second = sandbox.pay(april_payment.merchant_uid, 99_000, paid_at=int(NOON.timestamp()) + 9)
        reconciled()
        assert found() == {"double_approval": {second["imp_uid"]}}
        assert Discrepancy.objects.get().payment == april_payment

    def test_one_payment_may_differ_in_several_things(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        lie = {"amount": 90_000, "currency": "USD"}
        mirror(sandbox, [payment], {payment.pk: lie})
        run = reconciled()
        assert found() == {"amount": {payment.imp_uid}, "currency": {payment.imp_uid}}
        assert (run.counts["amount"], run.counts["currency"]) == (1, 1)

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
        assert found() == {}
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
        assert found() == {}
        # The window's time is not the order's: nothing has moved.
        assert (run.counts["agree"], run.counts["moved"]) == (1, 0)

    def test_what_staff_closed_here_may_stay_open_there(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        order = builders.failed(customer, product, imp_uid="imp_closed")
        mirror(sandbox, [order], {order.pk: {"outcome": "ready", "failed_at": None}})
        assert reconciled().counts["agree"] == 1
        assert found() == {}

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
        assert (discrepancy.run, discrepancy.last_run) == (first, second)
        assert second.counts["amount"] == 1


class TestMoved:
    """A list files a payment under its present status's time: later refunds take it elsewhere."""

    def test_a_later_refund_is_named_and_is_no_difference(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded(customer, product, refund=9_000, at=NOON)
        later = payment.cancelled_at + timedelta(days=120) if payment.cancelled_at else NOON
        Payment.objects.update(cancelled_at=later)
        payment.refresh_from_db()
        mirror(sandbox, [payment])
        run = reconciled()
        assert found() == {}
        assert (run.counts["moved"], run.moved) == (1, [payment.imp_uid])
        # In the days of the refund it is where both sides look for it.
        there = reconciled(kst.day_of(later))
        assert (there.counts["agree"], there.moved) == (1, [])

    def test_times_that_differ_are_named_once(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        hour_later = int(NOON.timestamp()) + 3_600
        mirror(sandbox, [payment], {payment.pk: {"paid_at": hour_later}})
        run = reconciled(seconds=0)
        assert found() == {}
        assert (run.counts["moved"], run.moved) == (1, [payment.imp_uid])

    def test_a_later_refund_that_we_do_not_know_of_is_a_difference(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.cancel(str(april_payment.imp_uid), 9_000)
        run = reconciled()
        assert found() == {"refund": {april_payment.imp_uid}}
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
        mirror(sandbox, payments, {one.pk: {"amount": 1} for one in payments})
        reconciled()
        assert found() == {"amount": {payments[1].imp_uid, payments[2].imp_uid}}

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
        assert found() == {"amount": {payments[4].imp_uid}}

    def test_many_of_one_second(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sides, "CHUNK", 4)
        payments = [builders.paid(customer, product) for _ in range(9)]
        mirror(sandbox, payments)
        assert reconciled().counts["agree"] == 9


class TestChangesWhileItRuns:
    @pytest.fixture
    def _changes_during_the_pass(
        self, monkeypatch: pytest.MonkeyPatch, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        """When the list has been read, the payment is refunded, and we are told at once."""
        paired = reconciliation.working.paired

        def changing(**arguments: Any) -> Iterator[Any]:
            yield from paired(**arguments)
            sandbox.cancel(str(april_payment.imp_uid))
            verify(payment=april_payment, source=Source.WEBHOOK)

        monkeypatch.setattr(reconciliation.working, "paired", changing)

    @pytest.mark.usefixtures("_changes_during_the_pass")
    def test_a_refund_that_both_sides_know_is_not_filed(self, april_payment: Payment) -> None:
        run = reconciled()
        assert found() == {}
        assert run.status == RunStatus.DONE

    def test_a_refund_that_we_hear_of_later_is_not_filed_by_this_run(
        self,
        april_payment: Payment,
        sandbox: SandboxGateway,
    ) -> None:
        run = begun()
        ReconciliationRun.objects.update(started_at=run.requested_at - timedelta(seconds=5))
        sandbox.cancel(str(april_payment.imp_uid))
        assert ended(run).counts["changed"] == 1
        assert found() == {}
        # The next one says it, if it is still so.
        reconciled()
        assert found() == {"refund": {april_payment.imp_uid}}

    def test_ours_that_changes_while_the_gateway_is_asked_is_looked_at_again(
        self, april_payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox.cancel(str(april_payment.imp_uid))
        ask = reconciliation.second_look._ask

        def slow(imp_uids: Any) -> Any:
            answer = ask(imp_uids)
            verify(payment=april_payment, source=Source.WEBHOOK)
            return answer

        monkeypatch.setattr(reconciliation.second_look, "_ask", slow)
        run = reconciled()
        assert found() == {}
        assert run.counts["changed"] == 1


class TestTrouble:
    """What could not be asked is unknown, never missing; and the run comes to its end."""

    @pytest.fixture
    def book(self, customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
        """Six payments, of which the gateway does not know the last."""
        payments = [
            builders.paid(customer, product, at=NOON + timedelta(minutes=n)) for n in range(6)
        ]
        mirror(sandbox, payments[:5])
        return payments

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "html", "times": 3},
            {"kind": "html", "status": 200, "times": 3},
            {"kind": "status", "status": 500, "times": 3},
            {"kind": "status", "status": 429, "times": 3},
            {"kind": "malformed", "times": 3},
            {"kind": "cut", "times": 3},
            {"kind": "token", "times": 3},
            {"kind": "ip_denied", "times": 3},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("where", [LISTS, LOOKUPS], ids=["lists", "look-ups"])
    def test_it_waits_goes_on_and_ends_right(
        self,
        book: list[Payment],
        sandbox: SandboxGateway,
        fault: dict[str, Any],
        where: dict[str, str],
    ) -> None:
        sandbox.fault(match=where, **fault)
        run = reconciled()
        assert run.status == RunStatus.DONE
        assert found() == {"missing_there": {book[5].imp_uid}}
        assert (run.counts["agree"], run.counts["unknown"], run.unknown) == (5, 0, [])
        assert run.counts["ours"] == 6

    def test_the_pauses_grow_and_the_trouble_is_kept(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LISTS)
        run = begun()
        pauses = []
        for _turn in range(4):
            pauses.append(reconciliation.work(run_id=run.pk, seconds=60))
            # While it has to wait, it is not taken up.
            waiting = reconciliation.work(run_id=run.pk, seconds=60)
            assert waiting is not None
            assert 0 < waiting <= pauses[-1]
            ReconciliationRun.objects.update(not_before=None)
        assert pauses == [1, 2, 4, 8]
        run.refresh_from_db()
        assert (run.silences, run.claim) == (4, "")
        assert "500" in run.last_error
        sandbox.heal()
        run = ended(run)
        assert (run.silences, run.last_error) == (0, "")

    def test_what_is_never_answered_is_unknown_and_not_missing(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LOOKUPS)
        run = reconciled()
        assert run.status == RunStatus.DONE
        assert found() == {}
        assert (run.counts["unknown"], run.unknown) == (1, [book[5].imp_uid])
        sandbox.heal()
        assert reconciled().counts["unknown"] == 0
        assert found() == {"missing_there": {book[5].imp_uid}}

    def test_what_was_unknown_is_asked_for_once_more_at_the_end(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        # Eight silences until it is let be, and one answer when all is done.
        sandbox.fault("status", status=500, match=LOOKUPS, times=8)
        run = reconciled()
        assert (run.counts["unknown"], run.unknown) == (0, [])
        assert found() == {"missing_there": {book[5].imp_uid}}

    def test_one_row_that_cannot_be_read_stays_unknown_alone(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.control("PATCH", f"payments/{book[2].imp_uid}", {"amount": "99,000"})
        run = reconciled()
        assert run.unknown == [book[2].imp_uid]
        assert (run.counts["agree"], run.counts["unknown"]) == (4, 1)
        assert found() == {"missing_there": {book[5].imp_uid}}

    def test_a_mistake_of_ours_is_kept_and_tried_again_with_pauses(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        with monkeypatch.context() as patch:
            patch.setattr(reconciliation.working, "paired", lambda **_sides: 1 / 0)
            assert reconciliation.work(run_id=run.pk, seconds=60) == 1
        run.refresh_from_db()
        assert "ZeroDivisionError" in run.last_error
        ReconciliationRun.objects.update(not_before=None)
        assert ended(run).counts["agree"] == 5

    def test_a_difference_that_cannot_be_filed_does_not_stop_the_rest(
        self, book: list[Payment], sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = discrepancies.file
        sandbox.control("PATCH", f"payments/{book[0].imp_uid}", {"amount": 1})

        def poisoned(**arguments: Any) -> Discrepancy:
            if arguments["difference"].imp_uid == book[0].imp_uid:
                raise RuntimeError("poison")
            return file(**arguments)

        monkeypatch.setattr(discrepancies, "file", poisoned)
        run = reconciled()
        assert run.unknown == [book[0].imp_uid]
        assert found() == {"missing_there": {book[5].imp_uid}}


class TestSides:
    def ours(self, *rows: tuple[int, str]) -> Iterator[sides.Filed]:
        facts = ("order", "paid", 1_000, "KRW", 0)
        return iter([sides.Filed(second, Ours(imp_uid, *facts)) for second, imp_uid in rows])

    def theirs(self, *rows: tuple[int, str]) -> Iterator[GatewayPayment]:
        return iter(
            GatewayPayment(
                imp_uid=imp_uid,
                merchant_uid="order",
                status="paid",
                amount=1_000,
                cancel_amount=0,
                currency="KRW",
                sandbox=False,
                paid_at=second,
            )
            for second, imp_uid in rows
        )

    def paired(self, ours: Any, theirs: Any) -> list[tuple[int, list[str], list[str]]]:
        seconds = sides.paired(ours=self.ours(*ours), theirs=self.theirs(*theirs))
        return [(one.at, sorted(one.ours), sorted(one.theirs)) for one in seconds]

    def test_both_are_read_second_by_second(self) -> None:
        ours = [(1, "a"), (2, "b"), (2, "c"), (4, "d")]
        theirs = [(2, "c"), (2, "b"), (3, "x"), (5, "y")]
        assert self.paired(ours, theirs) == [
            (1, ["a"], []),
            (2, ["b", "c"], ["b", "c"]),
            (3, [], ["x"]),
            (4, ["d"], []),
            (5, [], ["y"]),
        ]

    def test_a_list_out_of_order_loses_nothing(self) -> None:
        found = self.paired([(1, "a"), (2, "b")], [(2, "b"), (1, "a"), (3, "c")])
        assert found == [
            (1, ["a"], []),
            (2, ["b"], ["b"]),
            (1, [], ["a"]),
            (3, [], ["c"]),
        ]

    def test_a_refund_without_a_time_is_looked_for_where_it_was_ordered(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded(customer, product, refund=9_000)
        Payment.objects.update(cancelled_at=None)
        mirror(sandbox, [payment])
        run = reconciled()
        assert found() == {}
        assert run.moved == [payment.imp_uid]

    def test_the_ids_that_are_kept_are_bounded(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(tally, "IDS_AT_MOST", 2)
        payments = [builders.paid(customer, product) for _ in range(3)]
        later = {one.pk: {"paid_at": int(NOON.timestamp()) + 3_600} for one in payments}
        mirror(sandbox, payments, later)
        run = reconciled()
        assert (run.counts["moved"], len(run.moved)) == (3, 2)


class TestKilled:
    @pytest.fixture
    def book(self, customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
        """Ten payments, one a minute; the second and the ninth differ."""
        payments = [
            builders.paid(customer, product, at=NOON + timedelta(minutes=n)) for n in range(10)
        ]
        lies = {payments[n].pk: {"amount": 1} for n in (1, 8)}
        mirror(sandbox, payments, lies)
        return payments

    def test_it_goes_on_from_where_everything_was_settled(
        self, book: list[Payment], sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        for _turn in range(4):
            assert reconciliation.work(run_id=run.pk, seconds=0) == 0
        run.refresh_from_db()
        assert run.cursor == int(book[3].paid_at.timestamp())  # type: ignore[union-attr]
        assert (run.counts["agree"], run.counts["amount"]) == (3, 1)

        def killed(self: Any, second: int) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(reconciliation.working._Turn, "_stop_at", killed)
            with pytest.raises(KeyboardInterrupt):
                reconciliation.work(run_id=run.pk, seconds=0)
        sandbox.control("DELETE", "calls")
        run = ended(run)
        assert {name: n for name, n in run.counts.items() if n} == {
            "ours": 10,
            "theirs": 10,
            "agree": 8,
            "amount": 2,
        }
        assert found() == {"amount": {book[1].imp_uid, book[8].imp_uid}}
        assert list(Discrepancy.objects.values_list("steps__kind", flat=True)) == ["found"] * 2

    @pytest.mark.parametrize("where", [LISTS, LOOKUPS], ids=["lists", "look-ups"])
    def test_trouble_in_the_middle_costs_what_came_after_the_last_stop(
        self, book: list[Payment], sandbox: SandboxGateway, where: dict[str, str]
    ) -> None:
        run = begun()
        for _turn in range(8):
            assert reconciliation.work(run_id=run.pk, seconds=0) == 0
        sandbox.fault("html", match=where)
        for _turn in range(3):
            assert reconciliation.work(run_id=run.pk, seconds=0)
            ReconciliationRun.objects.update(not_before=None)
        sandbox.heal()
        run = ended(run)
        assert (run.counts["ours"], run.counts["agree"], run.counts["amount"]) == (10, 8, 2)
        assert (run.counts["unknown"], run.last_error) == (0, "")
        assert found() == {"amount": {book[1].imp_uid, book[8].imp_uid}}

    def test_a_dead_workers_run_is_found_and_taken_over_after_its_lease(
        self, book: list[Payment], settings: Any
    ) -> None:
        settings.RUN_LEASE = 60
        run = begun()
        now = datetime.now(UTC)
        mine = ReconciliationRun.objects.filter(pk=run.pk)
        mine.update(status=RunStatus.RUNNING, claim="dead", seen_at=now, started_at=now)
        assert reconciliation.forgotten(now=now) == []
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        mine.update(seen_at=now - timedelta(seconds=61))
        assert reconciliation.forgotten(now=now) == [run.pk]
        assert ended(run).status == RunStatus.DONE

    def test_a_slow_worker_that_was_taken_for_dead_writes_nothing_more(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        paired = reconciliation.working.paired

        def slow(**arguments: Any) -> Iterator[Any]:
            ReconciliationRun.objects.filter(pk=run.pk).update(claim="another")
            return paired(**arguments)

        monkeypatch.setattr(reconciliation.working, "paired", slow)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.claim, run.cursor, run.counts) == ("another", None, {})


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
        assert Discrepancy.objects.get().last_run == april

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


def test_a_book_of_two_thousand_with_sixty_planted_differences(
    customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    last = APRIL_FIRST + timedelta(days=planted_book.DAYS - 1)
    expected = planted_book.write(
        size=2_000,
        first_day=APRIL_FIRST,
        user_id=customer.pk,
        product_id=product.pk,
        tell=lambda rows: sandbox.control("POST", "payments?answer=count", rows),
    )
    run = reconciled(APRIL_FIRST, last)
    assert found() == expected
    assert sum(map(len, expected.values())) == 60
    assert {bucket: run.counts[bucket] for bucket in Bucket} == planted_book.PLANTED
    counts = run.counts
    assert (counts["moved"], counts["unknown"], counts["changed"]) == (len(run.moved), 0, 0)
    assert 15 < counts["moved"] < 25
    assert counts["ours"] > 1_900
    # Once more: nothing new, nothing closed.
    again = reconciled(APRIL_FIRST, last)
    assert found() == expected
    assert again.counts == counts


def test_told_says_what_our_side_says(customer: User, product: Product) -> None:
    payment = builders.refunded(customer, product, refund=9_000)
    said = told(payment)
    assert (said["outcome"], said["cancel_amount"]) == ("cancelled", 9_000)
    assert said["paid_at"] < said["cancelled_at"]


class TestTasks:
    def queued(self) -> list[int]:
        rows = DBTaskResult.objects.ready().filter(task_path=tasks.reconcile.module_path)
        return [row.args_kwargs["args"][0] for row in rows]

    def test_a_turn_works_and_is_over_when_the_run_is(self, april_payment: Payment) -> None:
        run = begun()
        tasks.reconcile.call(run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.DONE
        assert self.queued() == []
        # Safe at any time.
        tasks.reconcile.call(run.pk)

    def test_a_run_that_waits_is_queued_for_later(
        self, april_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LISTS)
        run = begun()
        tasks.reconcile.call(run.pk)
        assert self.queued() == []
        later = DBTaskResult.objects.get(task_path=tasks.reconcile.module_path)
        assert later.run_after > datetime.now(UTC)

    def test_the_rescue_queues_a_forgotten_run(self, db: None) -> None:
        run = begun()
        long_ago = run.requested_at - timedelta(hours=1)
        ReconciliationRun.objects.update(status=RunStatus.RUNNING, seen_at=long_ago)
        tasks.rescue.call()
        assert self.queued() == [run.pk]
