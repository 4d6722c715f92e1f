"""What a set of payments adds up to: the same figures for the list, the dashboard and the export.

Gross is what was approved (paid, and cancelled, which was paid before), refunded what went back,
net the rest. Whole won.
"""

from dataclasses import dataclass, field

from django.db.models import Count, QuerySet, Sum

from payments.models import Payment
from payments.states import APPROVED, PaymentStatus


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a set. `by_status` counts payments of each status, zeros included."""

    count: int = 0
    gross: int = 0
    refunded: int = 0
    by_status: dict[str, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """What is left of the money that came in, in won."""
        return self.gross - self.refunded

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
    rows = {
        row["status"]: row
        for row in payments.order_by()
        .values("status")
        .annotate(count=Count("pk"), gross=Sum("amount"), refunded=Sum("cancelled_amount"))
    }
    approved = [rows[status] for status in APPROVED if status in rows]
    return Totals(
        count=sum(row["count"] for row in rows.values()),
        gross=sum(row["gross"] for row in approved),
        refunded=sum(row["refunded"] for row in approved),
        by_status={
            status: rows.get(status, {"count": 0})["count"] for status in PaymentStatus.values
        },
    )
