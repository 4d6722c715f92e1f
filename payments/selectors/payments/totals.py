"""What a set of payments adds up to: the same figures for the list and the export.

Gross is what was approved (paid, and cancelled, which was paid before), refunded what went back of
these payments, whenever it did, net the rest. Whole won. What moved on a day is another question:
`selectors.movements`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from payments.core.periods import Days
from payments.models import Payment
from payments.selectors.roll_ups import OrderDate, RollUps, Row
from payments.states import APPROVED, PaymentStatus


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a set. `by_status` counts payments of each status, zeros included.

    `left_out` are the figures of the test payments in the set, which are in none of the others.
    """

    count: int = 0
    gross: int = 0
    refunded: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    left_out: "Totals | None" = None

    @property
    def net(self) -> int:
        """What is left of the money that came in, in won."""
        return self.gross - self.refunded

    @property
    def whole(self) -> "Totals":
        """The same with what was left out."""
        left_out = self.left_out or Totals()
        by_status = Counter(self.by_status)
        by_status.update(left_out.by_status)
        return Totals(
            count=self.count + left_out.count,
            gross=self.gross + left_out.gross,
            refunded=self.refunded + left_out.refunded,
            by_status=dict(by_status),
        )

    @property
    def approved(self) -> int:
        """How many payments money came in for."""
        return sum(self.by_status.get(status, 0) for status in APPROVED)

    @property
    def success_rate(self) -> float | None:
        """Approved among all that came to an end (approved or failed); None if none did."""
        ended = self.approved + self.by_status.get(PaymentStatus.FAILED, 0)
        return self.approved / ended if ended else None


def totals(payments: QuerySet[Payment]) -> Totals:
    """Add up a queryset of payments, in one query."""
    return totals_of(added_up(payments))


def rolled_up_totals(
    sums: RollUps, *, where: Q, days: Days | None, days_are: OrderDate = "day"
) -> Totals:
    """The same of the real ones of these days of order or payment, without reading them."""
    rows = sums.orders("is_test", "status", where=where, days=days, days_are=days_are)
    return _without_tests(rows)


def totals_of_real(payments: QuerySet[Payment]) -> Totals:
    """The same without test payments, which moved no money; in one query as well."""
    return _without_tests(added_up(payments, "is_test"))


def _without_tests(rows: list[Row]) -> Totals:
    tests = totals_of(row for row in rows if row["is_test"])
    real = totals_of(row for row in rows if not row["is_test"])
    return replace(real, left_out=tests) if tests.count else real


def added_up(payments: QuerySet[Payment, Any], *by: str) -> list[Row]:
    """Sums of payments by status and by what else they have in common, in one query."""
    sums = {"count": Count("pk"), "gross": Sum("amount"), "refunded": Sum("cancelled_amount")}
    return list(payments.order_by().values(*by, "status").annotate(**sums))


def totals_of(rows: Iterable[Row]) -> Totals:
    """What rows of `added_up` come to."""
    by_status = dict.fromkeys(PaymentStatus.values, 0)
    gross = refunded = 0
    for row in rows:
        by_status[row["status"]] += row["count"]
        if row["status"] in APPROVED:
            gross += row["gross"]
            refunded += row["refunded"]
    return Totals(sum(by_status.values()), gross, refunded, by_status)
