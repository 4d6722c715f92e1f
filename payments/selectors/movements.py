"""Movements as screens read them: of one payment, searched, and what a set of them adds up to."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from payments.core.text import ids, plain, plain_id, spellings
from payments.models import Movement, Payment
from payments.states import MovementKind

from .payments.search import approved_as

_TEST = Q(is_test=True)
_OWN = Q(is_own=True) & ~_TEST
_IN = Q(kind=MovementKind.APPROVAL)


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole won. `refunded` is what went back, less what was taken back or corrected of it.

    `others` is the net of attempts that are not their order's own: on the PG's sheet, in no sum of
    ours. `tests` is that of test payments, which moved no money: in no sum either.
    """

    count: int
    approved: int
    refunded: int
    others: int
    tests: int

    @property
    def net(self) -> int:
        """What is left of the own attempts' money, by the days on which it moved."""
        return self.approved - self.refunded


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
    columns = ("pk", "merchant_uid", "imp_uid", "apply_num")
    of_payment = Q(merchant_uid__in=written) | Q(imp_uid__in=written) | approved_as(words)
    known = list(Payment.objects.filter(of_payment).values_list(*columns))
    condition = Q(payment_id__in=[pk for pk, *_values in known])
    matched = {value for _pk, *values in known for value in values}
    if any(matched.isdisjoint(spellings(word)) for word in ids(text)):
        for column in ("imp_uid", "pg_tid", "external_id"):
            condition |= Q(**{f"{column}__in": written})
    return movements.filter(condition)


def totals(movements: QuerySet[Movement]) -> Totals:
    """Add up a queryset of movements, in one query."""
    sums = movements.order_by().aggregate(
        count=Count("pk"),
        approved=Sum("amount", filter=_OWN & _IN, default=0),
        back=Sum("amount", filter=_OWN & ~_IN, default=0),
        others=Sum("amount", filter=Q(is_own=False) & ~_TEST, default=0),
        tests=Sum("amount", filter=_TEST, default=0),
    )
    return Totals(sums["count"], sums["approved"], -sums["back"], sums["others"], sums["tests"])
