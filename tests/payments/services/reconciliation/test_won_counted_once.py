"""A won counts once, wherever a run stops, dies or begins again."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from benchmarks.datasets import planted_differences
from payments.core.kst import end_of, start_of
from payments.models import (
    Movement,
    Payment,
    Product,
    ReconciliationLine,
    ReconciliationRun,
)
from payments.services import reconciliation
from payments.services.reconciliation.balance import Balance
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import (
    APRIL_FIRST,
    LOOKUPS,
    assert_its_lines_add_up,
    begun,
    ended,
    mirror,
    reconciled,
)

from .won import LAST, SECOND, at, both, history, lines


class TestCountedOnce:
    @pytest.fixture
    def posted(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        request: pytest.FixtureRequest,
    ) -> list[dict[str, Any]]:
        """The book of planted differences, as the gateway was told of it; of a thousand orders."""
        told: list[dict[str, Any]] = []

        def post(rows: list[dict[str, Any]]) -> None:
            told.extend(rows)
            sandbox.control("POST", "payments?answer=count", rows)

        planted_differences.write(
            size=getattr(request, "param", 1_000),
            first_day=APRIL_FIRST,
            user_id=customer.pk,
            product_id=product.pk,
            post=post,
        )
        return told

    def test_a_book_adds_up_to_the_won_on_both_sides_and_twice_adds_nothing(
        self, posted: list[dict[str, Any]]
    ) -> None:
        run = reconciled(APRIL_FIRST, LAST)
        ours = Movement.objects.filter(day__range=(APRIL_FIRST, LAST))
        for kind in ("approval", "refund"):
            days = [numbers for (_day, of_kind), numbers in both(run).items() if of_kind == kind]
            here_count, here, there_count, there = (
                sum(column) for column in zip(*days, strict=True)
            )
            amounts = [row.amount for row in ours.filter(kind=kind)]
            assert (here_count, here) == (len(amounts), sum(amounts))
            told = _told_in_april(posted)[kind]
            assert (there_count, there) == (len(told), sum(told))
        again = reconciled(APRIL_FIRST, LAST)
        assert both(again) == both(run)
        assert lines(again) == lines(run)
        numbers = planted_differences.PLANTED
        without = sum(numbers[bucket] for bucket in planted_differences.WITHOUT_WON)
        assert len(lines(run)) == sum(numbers.values()) - without

    # Each ends after one second of the book: a turn for each order.
    @pytest.mark.parametrize("posted", [160], indirect=True)
    def test_turns_that_end_anywhere(self, posted: list[dict[str, Any]]) -> None:
        in_one = reconciled(APRIL_FIRST, LAST)
        run = begun(APRIL_FIRST, LAST)
        while reconciliation.work(run_id=run.pk, seconds=0) is not None:
            pass
        run.refresh_from_db()
        assert_its_lines_add_up(run)
        assert both(run) == both(in_one)
        assert lines(run) == lines(in_one)

    def test_a_worker_that_dies_before_its_stop(
        self, posted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, run = reconciled(APRIL_FIRST, LAST), begun(APRIL_FIRST, LAST)
        _dies_at(monkeypatch, "settle")
        reconciliation.work(run_id=run.pk, seconds=60)
        assert ReconciliationLine.objects.filter(run=run, is_settled=False).exists()
        monkeypatch.undo()
        ReconciliationRun.objects.filter(pk=run.pk).update(not_before=None)
        assert both(ended(run)) == both(whole)
        assert lines(run) == lines(whole)

    def test_a_gateway_that_never_answers_look_ups_leaves_ours_as_they_are(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded_in_parts(customer, product, refunds=[(1_000, at(9))])
        mirror(sandbox, [payment], {payment.pk: history((1_000, at(9)))})
        sandbox.fault("status", status=500, match=LOOKUPS)
        assert lines(reconciled()) == [("2026-04-01", "approval", payment.amount, 0)]

    def test_what_is_learnt_while_the_run_is_at_it_is_no_difference(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        when_listed: Callable[[Callable[[], object]], None],
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: history((1_000, at(1)))})
        when_listed(lambda: _refund_once(payment))
        run = reconciled(APRIL_FIRST, SECOND)
        assert lines(run) == []

    def test_a_run_from_before_won_were_counted_stays_without(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        mirror(sandbox, [builders.paid(customer, product)])
        run = begun()
        ReconciliationRun.objects.update(money=None)
        assert ended(run).money is None


def _refund_once(payment: Payment) -> None:
    payment.refresh_from_db()
    if not payment.cancelled_amount:
        builders.refund_of(payment, 1_000, at=at(1))


def _told_in_april(posted: list[dict[str, Any]]) -> dict[str, list[int]]:
    """The won that the gateway was told to have moved, by kind."""
    first, end = start_of(APRIL_FIRST).timestamp(), end_of(LAST).timestamp()
    approvals, refunds = [], []
    for row in posted:
        if "paid_at" not in row or row.get("sandbox") or row.get("currency"):
            continue
        approvals.append((row["paid_at"], row["amount"]))
        one = {"cancelled_at": row.get("cancelled_at"), "amount": row.get("cancel_amount")}
        entries = row.get("fields", {}).get("cancel_history") or [one]
        refunds += [(e["cancelled_at"], -e["amount"]) for e in entries if e["amount"]]
    return {
        "approval": [won for second, won in approvals if first <= second < end],
        "refund": [won for second, won in refunds if first <= second < end],
    }


def _dies_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The worker's part in won ends in the middle, as a process that is killed does."""

    def dies(*_args: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(Balance, name, dies)
