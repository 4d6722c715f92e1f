"""Both sides second by second."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from payments.comparing import Ours
from payments.iamport import GatewayPayment
from payments.models import Payment, Product
from payments.services.reconciliation import counters, streams
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import mirror, open_by_bucket, reconciled

NOON = builders.NOON


class TestSides:
    def ours(self, *rows: tuple[int, str]) -> Iterator[streams.Filed]:
        facts = ("order", "paid", 1_000, "KRW", 0, NOON, NOON)
        return iter([streams.Filed(second, Ours(imp_uid, *facts)) for second, imp_uid in rows])

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
        mine, other = self.ours(*ours), self.theirs(*theirs)
        seconds = streams.paired(ours=mine, theirs=other)
        return [(second.at, sorted(second.ours), sorted(second.theirs)) for second in seconds]

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

    def test_a_refund_without_a_time_is_looked_for_where_it_was_ordered(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded(customer, product, refund=9_000)
        Payment.objects.update(cancelled_at=None)
        mirror(sandbox, [payment])
        run = reconciled()
        assert open_by_bucket() == {}
        assert run.moved == [payment.imp_uid]

    def test_the_ids_that_are_kept_are_bounded(
        self,
        customer: User,
        product: Product,
        sandbox: SandboxGateway,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(counters, "IDS_AT_MOST", 2)
        payments = [builders.refunded(customer, product, refund=9_000) for _ in range(3)]
        later = {row.pk: {"cancelled_at": int(NOON.timestamp()) + 7_200} for row in payments}
        mirror(sandbox, payments, later)
        run = reconciled()
        assert (run.counts["moved"], len(run.moved)) == (3, 2)
