"""Sums of movements and orders over days: what is folded, and what lies behind its mark.

A job folds rows into sums (`services.roll_ups`) and moves a mark; whoever reads adds the rows that
have come since, found by their ids. So a figure never lags, a movement that is learnt later for an
old day counts at once, and what is read grows with days and kinds, not with the book. To sum by
something else, see `models.roll_up`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import add
from typing import Any, Literal

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    F,
    Max,
    Model,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from payments.core.db.functions import KoreanDay
from payments.core.kst import end_of, start_of
from payments.core.periods import Days
from payments.models import (
    Movement,
    MovementRollUp,
    OrderRollUp,
    Payment,
    PaymentEvent,
    RefundRollUp,
    RolledUp,
    RollUpMark,
)
from payments.states import MovementKind

Row = dict[str, Any]
# So many rows at most lie behind a mark for sums to be at hand: more are left where the job has not
# begun yet, or stands still. Days of orders are then not told one by one, but all counted.
LEFT_AT_MOST = 20_000
# A payment's counted columns change by an event that names them, and by nothing else.
_COUNTED = (
    *("status", "amount", "cancelled_amount", "paid_at", "pay_method", "pg_provider", "is_test"),
)
# What `RefundRollUp` holds.
REFUNDS = Q(is_own=True, is_test=False, approved_on__isnull=False) & ~Q(kind=MovementKind.APPROVAL)
# Whose ids the marks count.
_FOLDED_FROM: dict[str, type[Model]] = {
    RolledUp.MOVEMENTS: Movement,
    RolledUp.ORDERS: PaymentEvent,
}
# Of which day money was that went back: of the day itself, or of another one.
_OF_EARLIER_DAY = Case(
    When(kind=MovementKind.APPROVAL, then=False),
    When(approved_on=F("day"), then=False),
    default=True,
    output_field=BooleanField(),
)
# By which days orders are summed, and the moments that those are the days of.
OrderDate = Literal["day", "paid_on"]
_DATES: dict[OrderDate, str] = {"day": "requested_at", "paid_on": "paid_at"}
_ORDER_SUMS = {"count": Count("pk"), "gross": Sum("amount"), "refunded": Sum("cancelled_amount")}


@dataclass(frozen=True, slots=True)
class RollUps:
    """The sums, and how far each is folded at least. Asked for once for all that a page shows."""

    marks: dict[str, int]

    def movements(self, *by: str, where: Q) -> list[Row]:
        """`count` and `amount` of movements by some of `MovementRollUp.SUMMED_BY`, in one query."""
        return self._added_up(MovementRollUp, by, where, Q())

    def refunds_of_earlier_days(self, days: Days) -> int:
        """The won that went back in these days of what was approved before them, in one query.

        Of the order's own attempts, no test payments, less what was taken back or corrected.
        """
        where = Q(day__range=days, approved_on__lt=days[0])
        rows = self._added_up(RefundRollUp, (), where, REFUNDS)
        return -sum(int(row["amount"]) for row in rows)

    def refunds_on_later_days(self, days: Days) -> dict[date, int]:
        """The won that has come off each of these days' payments on later days, by now; no zeros.

        Of the order's own attempts, no test payments, less what was taken back or corrected. In one
        query.
        """
        # Said twice: the first lets the database leave out what moved before these days.
        later = Q(day__gt=days[0]) & Q(day__gt=F("approved_on"))
        where = Q(approved_on__range=days) & later
        rows = self._added_up(RefundRollUp, ("approved_on",), where, REFUNDS)
        return {row["approved_on"]: -row["amount"] for row in rows if row["amount"]}

    def orders(
        self, *by: str, where: Q, days: Days | None, days_are: OrderDate = "day"
    ) -> list[Row]:
        """`count`, `gross` and `refunded` of orders by some of `OrderRollUp.SUMMED_BY`.

        Order days in which something has changed since they were folded are counted by index.
        `days`, which are days of order or of payment: None for all there are.
        """
        changed = self._changed(days if days_are == "day" else None)
        if changed is None:
            every = _stretch(days, days_are) if days else _with_days(Payment.objects.all())
            return _merged(_rows(every.filter(where), by, _ORDER_SUMS), by, tuple(_ORDER_SUMS))
        within = Q(**{f"{days_are}__range": days}) if days else Q()
        folded = OrderRollUp.objects.filter(where, within).exclude(day__in=changed)
        rows = [_rows(folded, by, {name: Sum(name) for name in _ORDER_SUMS})]
        if changed:
            live = orders_of(changed).filter(where, _within(days, days_are) if days else Q())
            rows.append(_rows(live, by, _ORDER_SUMS))
        return _merged(_union(rows), by, tuple(_ORDER_SUMS))

    def is_at_hand(self, name: RolledUp) -> bool:
        """Whether so little is left to fold that a page can add it up by the way."""
        left = newest_id(_FOLDED_FROM[name]) - self.marks.get(name, 0)
        return left <= LEFT_AT_MOST

    def _changed(self, days: Days | None) -> set[date] | None:
        """The days among these to be counted; None where they are too many to be told."""
        mark = self.marks.get(RolledUp.ORDERS, 0)
        newest = newest_id(PaymentEvent)
        if newest - mark > LEFT_AT_MOST:
            return None
        changed = days_changed(after=mark, until=newest) if newest > mark else set()
        return {day for day in changed if days is None or days[0] <= day <= days[1]}

    def _added_up(self, model: Any, by: Sequence[str], where: Q, of_rows: Q) -> list[Row]:
        """What is folded, and the movements behind the mark, in one statement.

        One statement sees one state of the database: the mark in it and the sums belong together,
        whatever the job commits meanwhile. The number, which may be older, lets the database see
        that the rows behind it are few.
        """
        mark = RollUpMark.objects.filter(name=RolledUp.MOVEMENTS).values("folded_to")
        now = Coalesce(Subquery(mark), Value(0), output_field=BigIntegerField())
        behind = movements().filter(where, of_rows, pk__gt=self.marks.get(RolledUp.MOVEMENTS, 0))
        behind = behind.filter(pk__gt=now)
        folded = _rows(model.objects.filter(where), by, {n: Sum(n) for n in ("count", "amount")})
        unfolded = _rows(behind, by, {"count": Count("pk"), "amount": Sum("amount")})
        return _merged(_union([folded, unfolded]), by, ("count", "amount"))


def roll_ups() -> RollUps:
    """The sums as they stand now, in one query."""
    return RollUps(dict(RollUpMark.objects.values_list("name", "folded_to")))


def movements() -> QuerySet[Movement, Any]:
    """All of them, with everything that `MovementRollUp` sums by."""
    return Movement.objects.annotate(is_of_earlier_day=_OF_EARLIER_DAY)


def newest_id(model: type[Model]) -> int:
    """The largest id that is there."""
    return model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0


def days_changed(*, after: int, until: int) -> set[date]:
    """The order days of payments that events with these ids have changed."""
    events = PaymentEvent.objects.filter(
        pk__gt=after, pk__lte=until, changes__has_any_keys=list(_COUNTED)
    )
    changed: QuerySet[Any, Any] = _with_days(
        Payment.objects.filter(pk__in=events.values("payment_id"))
    )
    return set(changed.order_by().values_list("day", flat=True).distinct())


def orders_of(days: Collection[date]) -> QuerySet[Payment, Any]:
    """The orders of these days, with their `day` and `paid_on`."""
    condition = Q(pk__in=[])
    for stretch in _stretches(days):
        condition |= _within(stretch)
    return _with_days(Payment.objects.filter(condition))


def summed_orders(days: Collection[date] | None = None) -> list[Row]:
    """What `OrderRollUp` has to say of these days, or of all."""
    by = OrderRollUp.SUMMED_BY
    orders = _with_days(Payment.objects.all()) if days is None else orders_of(days)
    return _merged(_rows(orders, by, _ORDER_SUMS), by, tuple(_ORDER_SUMS))


def _with_days(orders: QuerySet[Payment]) -> QuerySet[Payment, Any]:
    return orders.annotate(**{name: KoreanDay(column) for name, column in _DATES.items()})


def _stretch(days: Days, days_are: OrderDate) -> QuerySet[Payment, Any]:
    return _with_days(Payment.objects.filter(_within(days, days_are)))


def _within(days: Days, days_are: OrderDate = "day") -> Q:
    """By the moments themselves, which the indexes are on."""
    column = _DATES[days_are]
    return Q(**{f"{column}__gte": start_of(days[0]), f"{column}__lt": end_of(days[1])})


def _stretches(days: Iterable[date]) -> Iterator[Days]:
    """Days that follow each other, from the first to the last."""
    first = last = None
    for day in sorted(days):
        if first and last and day == last + timedelta(days=1):
            last = day
            continue
        if first and last:
            yield first, last
        first = last = day
    if first and last:
        yield first, last


def _rows(rows: QuerySet[Any, Any], by: Sequence[str], sums: dict[str, Any]) -> Any:
    """(by..., sums...) of each group; without a group, of everything."""
    named = {f"sum_{name}": summed for name, summed in sums.items()}
    grouped = rows.order_by().annotate(group=Value(0)).values("group", *by).annotate(**named)
    return grouped.values_list(*by, *named)


def _union(rows: list[Any]) -> Any:
    first, *more = rows
    return first.union(*more, all=True) if more else first


def _merged(rows: Iterable[tuple[Any, ...]], by: Sequence[str], sums: Sequence[str]) -> list[Row]:
    """One row for each group, whatever parts it was read in."""
    width, groups = len(by), dict[tuple[Any, ...], list[int]]()
    for row in rows:
        added = [value or 0 for value in row[width:]]
        known = groups.get(row[:width])
        groups[row[:width]] = list(map(add, known, added)) if known else added
    names = (*by, *sums)
    return [dict(zip(names, (*key, *added), strict=True)) for key, added in groups.items()]
