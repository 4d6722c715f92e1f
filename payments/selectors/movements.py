"""Movements as screens read them: of one payment, searched, and what a set of them adds up to.

A figure over days is a sum of movements by the day on which the money moved. It is added up from
rows (`totals`) or from rolled-up sums (`totals_of`), and comes to the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Protocol, TypeVar

from django.db.models import Count, Q, QuerySet, Sum

from payments.core.periods import Days
from payments.core.text import ids, plain, plain_id, spellings
from payments.models import Movement, Payment
from payments.models.movement import CORRECTED, OF_ITS_OWN, reversal_key
from payments.states import MovementKind

from .payments.search import approved_as, called_by_pg
from .roll_ups import RollUps, Row

_TEST = Q(is_test=True)
_OWN = Q(is_own=True) & ~_TEST
_IN = Q(kind=MovementKind.APPROVAL)
# What a sum has to be asked for by, to be added up by `totals_of`.
TOLD_APART = ("kind", "is_own", "is_test")


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole won. `refunded` is what went back, less what was taken back or corrected of it.

    `approvals` is how many approvals `approved` is made of, `count` how many rows of any kind.
    `earlier` is how much of `refunded` had been approved before these days, None where it was not
    asked for. `others` is the net of attempts that are not their order's own: on the PG's sheet, in
    no sum of ours. `tests` is that of test payments, which moved no money: in no sum either.
    """

    count: int = 0
    approvals: int = 0
    approved: int = 0
    refunded: int = 0
    others: int = 0
    tests: int = 0
    earlier: int | None = None

    @property
    def net(self) -> int:
        """What is left of the own attempts' money, by the days on which it moved."""
        return self.approved - self.refunded


class Booked(Protocol):
    """A movement, or what one will be made of."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...


SomeBooked = TypeVar("SomeBooked", bound=Booked)


def standing_refunds(rows: Sequence[SomeBooked]) -> list[SomeBooked]:
    """The refunds among them that still stand: neither corrected nor taken back."""
    keys = {one.key for one in rows}
    refunds = [one for one in rows if one.kind == MovementKind.REFUND]
    return [
        one for one in refunds if keys.isdisjoint({CORRECTED + one.key, reversal_key(key=one.key)})
    ]


def own_refunds(payment: Payment, movements: Iterable[Movement]) -> tuple[tuple[object, int], ...]:
    """What went back of the own attempt, as the gateway's history would tell it: won, second."""
    own = sorted(
        (one for one in movements if one.imp_uid == payment.imp_uid),
        key=attrgetter("happened_at"),
    )
    refunds = standing_refunds(own)
    return tuple((-one.amount, int(one.happened_at.timestamp())) for one in refunds)


def of_payment_by_time(payment: Payment) -> list[Movement]:
    """Every attempt's, in the order in which the money moved."""
    return list(payment.movements.order_by("happened_at", "pk"))


def with_text(movements: QuerySet[Movement], text: str) -> QuerySet[Movement]:
    """Movements by order number, PortOne id, approval number, or an id of the PG or of a refund.

    Several ids find the movements of any of them; an empty text all. Ids of a payment go through
    its indexes, and most searches end there; what is left is looked for among the movements.
    """
    if not plain(text):
        return movements
    words = [word for word in dict.fromkeys([plain_id(text), *ids(text)]) if word]
    written = [spelling for word in words for spelling in spellings(word)]
    columns = ("pk", "merchant_uid", "imp_uid", "apply_num", "pg_tid")
    of_payment = Q(merchant_uid__in=written) | Q(imp_uid__in=written)
    of_payment |= approved_as(words) | called_by_pg(written)
    known = list(Payment.objects.filter(of_payment).values_list(*columns))
    condition = Q(payment_id__in=[pk for pk, *_values in known])
    matched = {value for _pk, *values in known for value in values}
    if any(matched.isdisjoint(spellings(word)) for word in ids(text)):
        for column, indexed in OF_ITS_OWN.items():
            condition |= Q(**{f"{column}__in": written}) & indexed
    return movements.filter(condition)


def totals(movements: QuerySet[Movement], *, first_day: date | None = None) -> Totals:
    """Add up a queryset of movements, in one query; from `first_day` on, if days were chosen."""
    earlier = Q(approved_on__lt=first_day) if first_day else Q(pk__in=[])
    sums = movements.order_by().aggregate(
        count=Count("pk"),
        approvals=Count("pk", filter=_OWN & _IN),
        approved=Sum("amount", filter=_OWN & _IN, default=0),
        back=Sum("amount", filter=_OWN & ~_IN, default=0),
        earlier=Sum("amount", filter=_OWN & ~_IN & earlier, default=0),
        others=Sum("amount", filter=Q(is_own=False) & ~_TEST, default=0),
        tests=Sum("amount", filter=_TEST, default=0),
    )
    refunded, before = -sums.pop("back"), -sums.pop("earlier")
    return Totals(refunded=refunded, earlier=before if first_day else None, **sums)


def rolled_up_totals(sums: RollUps, *, where: Q, days_alone: Days | None = None) -> Totals:
    """The same without reading the movements; `days_alone` if nothing but days narrows them."""
    earlier = sums.refunds_of_earlier_days(days_alone) if days_alone else None
    return totals_of(sums.movements(*TOLD_APART, where=where), earlier=earlier)


def totals_of(rows: Iterable[Row], *, earlier: int | None = None) -> Totals:
    """What rolled-up sums come to that tell `TOLD_APART` apart."""
    count = approvals = approved = refunded = others = tests = 0
    for row in rows:
        count += row["count"]
        if row["is_test"]:
            tests += row["amount"]
        elif not row["is_own"]:
            others += row["amount"]
        elif row["kind"] == MovementKind.APPROVAL:
            approvals += row["count"]
            approved += row["amount"]
        else:
            refunded -= row["amount"]
    return Totals(count, approvals, approved, refunded, others, tests, earlier)
