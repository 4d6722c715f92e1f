"""Proof of the roll-ups: each sum is that of the rows which are folded into it.

Both sides are added up in the database, so memory goes by days and kinds, not by the book. What is
not right is folded anew by `manage.py rebuild_roll_ups`. To prove another roll-up: a generator in
`audit_roll_ups`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from payments.models import (
    Movement,
    MovementRollUp,
    OrderRollUp,
    PaymentEvent,
    RefundRollUp,
    RolledUp,
    RollUpMark,
)
from payments.selectors.roll_ups import (
    REFUNDS,
    days_changed,
    movements,
    newest_id,
    summed_orders,
)
from payments.states import MovementKind

# A turn of the job may come between the two sides: then they are read again.
LOOKS = 5
_SUMS = ("count", "amount")
_ORDER_SUMS = ("count", "gross", "refunded")
Facts = set[tuple[Any, ...]]


def audit_roll_ups() -> Iterator[str]:
    """Everything that does not hold, sum by sum."""
    yield from _while_it_stands(RolledUp.MOVEMENTS, _movements)
    yield from _while_it_stands(RolledUp.ORDERS, _orders)
    yield from _approval_days()


def _while_it_stands(name: RolledUp, problems: Callable[[int], Iterable[str]]) -> list[str]:
    found: list[str] = []
    for _look in range(LOOKS):
        mark = _mark(name)
        found = list(problems(mark))
        if not found or _mark(name) == mark:
            return found
    return found


def _mark(name: RolledUp) -> int:
    marks = RollUpMark.objects.filter(name=name).values_list("folded_to", flat=True)
    return marks.first() or 0


def _movements(mark: int) -> Iterator[str]:
    folded = movements().filter(pk__lte=mark)
    pairs: tuple[tuple[str, Any, QuerySet[Movement, Any]], ...] = (
        ("sum of movements", MovementRollUp, folded),
        ("sum of refunds", RefundRollUp, folded.filter(REFUNDS)),
    )
    for what, model, rows in pairs:
        sums = {"sum_count": Count("pk"), "sum_amount": Sum("amount")}
        grouped = rows.order_by().values(*model.SUMMED_BY).annotate(**sums)
        told = set(model.objects.values_list(*model.SUMMED_BY, *_SUMS))
        yield from _differences(what, told, set(grouped.values_list(*model.SUMMED_BY, *sums)))


def _orders(mark: int) -> Iterator[str]:
    """Of the days that nothing has changed since; those are known only after both were read."""
    names = (*OrderRollUp.SUMMED_BY, *_ORDER_SUMS)
    told = set(OrderRollUp.objects.values_list(*names))
    counted = {tuple(row[name] for name in names) for row in summed_orders()}
    changed = days_changed(after=mark, until=newest_id(PaymentEvent))
    told, counted = ({row for row in rows if row[0] not in changed} for rows in (told, counted))
    yield from _differences("sum of orders", told, counted)


def _differences(what: str, told: Facts, counted: Facts) -> Iterator[str]:
    for row in sorted(told - counted, key=str):
        yield f"{what} that its rows do not come to: {_named(row)}"
    for row in sorted(counted - told, key=str):
        yield f"{what} that is missing: {_named(row)}"


def _named(row: tuple[Any, ...]) -> str:
    return " ".join(str(value) for value in row if value != "")


def _approval_days() -> Iterator[str]:
    """Money that went back says when it came in: as its attempt's approval does."""
    approvals = Movement.objects.filter(
        payment=OuterRef("payment"), imp_uid=OuterRef("imp_uid"), kind=MovementKind.APPROVAL
    )
    back = Movement.objects.exclude(kind=MovementKind.APPROVAL)
    back = back.annotate(came_in=Subquery(approvals.values("day")[:1]))
    wrong = back.filter(~Q(approved_on=F("came_in")) | Q(approved_on=None) | Q(came_in=None))
    for movement in wrong.iterator():
        yield f"movement {movement.key} says its money came in on {movement.approved_on}"
