"""Folding movements and orders into sums, part by part; the only writer of roll-ups.

A part is one transaction: the mark is moved on if nobody else has, and what lies between is added
up. It waits for nobody who writes payments, and nobody waits for it. How far a mark may go is said
by `core.db.transactions`: the ledger locks (or inserts) the payment before it draws an event's or a
movement's id, so its transaction has a number by then; a turn notes the newest id down with the
next number, and when everything before that number has ended, nothing with a smaller id can come
any more. To fold something else: its sums in `_FOLDS`, its mark in `models.roll_up.RolledUp`.
"""

import time
from collections.abc import Callable

from django.db import transaction
from django.db.models import Count, F, Model, Sum

from payments.core.db import transactions
from payments.core.db.sums import add_up_into
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

# Ids that are folded in one transaction. SQLite lets nobody else write meanwhile.
PART = 20_000


def fold(*, seconds: float) -> bool:
    """Fold what can be folded, for about so many seconds; whether there is more to do at once."""
    until = time.monotonic() + seconds
    return any(_is_left(name, until) for name in RolledUp)


def rebuild() -> None:
    """Fold everything up to the marks anew, where the audit found sums that are not right.

    One transaction: whoever reads meanwhile sees the sums before or after it.
    """
    for name, (_source, fold_between) in _FOLDS.items():
        with transaction.atomic():
            # The row is ours until the end: no turn moves it meanwhile.
            RollUpMark.objects.filter(name=name).update(folded_to=F("folded_to"))
            mark = RollUpMark.objects.filter(name=name).first()
            _FORGET[name]()
            fold_between(0, mark.folded_to if mark else 0)


def _is_left(name: RolledUp, until: float) -> bool:
    source, fold_between = _FOLDS[name]
    mark, _is_new = RollUpMark.objects.get_or_create(name=name)
    if mark.folded_to == mark.next_mark or _is_of_another_server(mark):
        newest = newest_id(source)
        if newest == mark.folded_to:
            return False
        mark = _noted(mark, newest)
    if not transactions.have_ended(mark.settled_after):
        return False
    while mark.folded_to < mark.next_mark:
        if time.monotonic() > until:
            return True
        part = min(mark.folded_to + PART, mark.next_mark)
        if not _folded(mark, part, fold_between):
            return False
        mark.folded_to = part
    return False


def _is_of_another_server(mark: RollUpMark) -> bool:
    """A backup that came to a server whose transactions have smaller numbers: it never ends."""
    return mark.settled_after > transactions.next_number()


def _noted(mark: RollUpMark, newest: int) -> RollUpMark:
    """The next mark, and after which transaction it holds: the id first, then the number."""
    number = transactions.next_number()
    # Of two turns that note one down, the first counts for both.
    unmoved = RollUpMark.objects.filter(
        name=mark.name, folded_to=mark.folded_to, settled_after=mark.settled_after
    )
    unmoved.update(next_mark=newest, settled_after=number)
    return RollUpMark.objects.get(name=mark.name)


def _folded(mark: RollUpMark, part: int, fold_between: Callable[[int, int], None]) -> bool:
    """Move the mark and fold what it passes; False if another worker has moved it.

    Never inside a longer transaction: its number would be older than the ids it has seen.
    """
    with transaction.atomic(durable=True):
        # Compare and set: who comes second waits here, and then finds the mark moved.
        unmoved = RollUpMark.objects.filter(name=mark.name, folded_to=mark.folded_to)
        if not unmoved.filter(next_mark__gte=part).update(folded_to=part):
            return False
        fold_between(mark.folded_to, part)
        return True


def _fold_movements(after: int, until: int) -> None:
    folded = movements().filter(pk__gt=after, pk__lte=until)
    sums = {"count": Count("pk"), "amount": Sum("amount")}
    add_up_into(model=MovementRollUp, source=folded, by=MovementRollUp.SUMMED_BY, sums=sums)
    refunds = folded.filter(REFUNDS)
    add_up_into(model=RefundRollUp, source=refunds, by=RefundRollUp.SUMMED_BY, sums=sums)


def _fold_orders(after: int, until: int) -> None:
    """Count the days again in which these events have changed something.

    The count may see what later events did: the day lies behind the mark by those, and is counted
    by whoever reads it, until a later turn counts it again.
    """
    days = days_changed(after=after, until=until)
    if days:
        OrderRollUp.objects.filter(day__in=days).delete()
        OrderRollUp.objects.bulk_create(OrderRollUp(**row) for row in summed_orders(days))


def _forget_movements() -> None:
    MovementRollUp.objects.all().delete()
    RefundRollUp.objects.all().delete()


def _forget_orders() -> None:
    OrderRollUp.objects.all().delete()


# Whose ids the mark counts, and how what lies between two marks is folded.
_FOLDS: dict[RolledUp, tuple[type[Model], Callable[[int, int], None]]] = {
    RolledUp.MOVEMENTS: (Movement, _fold_movements),
    RolledUp.ORDERS: (PaymentEvent, _fold_orders),
}
_FORGET: dict[RolledUp, Callable[[], None]] = {
    RolledUp.MOVEMENTS: _forget_movements,
    RolledUp.ORDERS: _forget_orders,
}
