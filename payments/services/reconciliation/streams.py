"""Both sides of a span of time, each read in the order in which the gateway's lists have it.

A list by status files a payment under the time of its present status (contract 2.5), so our side is
ordered the same way: a stream for each status, each along an index of its own, merged. Our rows are
read in chunks by key: no cursor stays open, because no transaction may be open while the gateway is
waited for. To compare another stretch of our payments, add a stream to `ours_between`.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from payments.comparing import COLUMNS, Ours
from payments.iamport import GatewayPayment
from payments.models import Payment
from payments.states import PaymentStatus

CHUNK = 1_000

# Which of our payments, and the time under which they are filed. Nobody promises that a refund or a
# failure comes with its time; the order's own is always there.
_STREAMS = (
    (Q(status=PaymentStatus.READY), F("requested_at")),
    # All that is paid, and said so that SQLite takes the index by payment date: for `status = paid`
    # it would sort most of the table anew for each chunk.
    (~Q(status=PaymentStatus.CANCELLED), F("paid_at")),
    (Q(status=PaymentStatus.FAILED), Coalesce("failed_at", "requested_at")),
    (Q(status=PaymentStatus.CANCELLED), Coalesce("cancelled_at", "requested_at")),
)


class Filed(NamedTuple):
    """A payment of ours and the unix second under which a list has it.

    `is_elsewhere`: it was paid in this span, but the gateway lists it under a later refund.
    """

    second: int
    ours: Ours
    is_elsewhere: bool = False


class Second(NamedTuple):
    """What both sides file under one unix second, by imp_uid."""

    at: int
    ours: dict[str, Filed]
    theirs: dict[str, GatewayPayment]


def filed_second(payment: Payment) -> int:
    """The second under which a payment of ours is filed; the counterpart of `filed_at` there."""
    times = {
        PaymentStatus.PAID: payment.paid_at,
        PaymentStatus.FAILED: payment.failed_at,
        PaymentStatus.CANCELLED: payment.cancelled_at,
    }
    return int((times.get(PaymentStatus(payment.status)) or payment.requested_at).timestamp())


def ours_between(*, from_: int, to: int) -> Iterator[Filed]:
    """Our payments that the gateway can know, in order; both ends are included.

    An order without an imp_uid has nothing there that could be found: its window was never opened,
    or nothing came of it.
    """
    known = Payment.objects.exclude(imp_uid=None)
    streams = [
        _stream(known.filter(which).annotate(filed=time), from_, to) for which, time in _STREAMS
    ]
    # A payment of these days that was refunded later has moved out of these days' list. It is asked
    # for by its id, so that every payment of the days is accounted for.
    refunded = known.filter(status=PaymentStatus.CANCELLED).annotate(filed=F("paid_at"))
    later = refunded.filter(cancelled_at__gte=_moment(to + 1))
    elsewhere = (row._replace(is_elsewhere=True) for row in _stream(later, from_, to))
    return heapq.merge(*streams, elsewhere, key=attrgetter("second"))


def is_between(*, payment: Payment, from_: int, to: int) -> bool:
    """Whether `ours_between` reads this payment, as it stands now."""
    if from_ <= filed_second(payment) <= to:
        return True
    is_elsewhere = payment.status == PaymentStatus.CANCELLED and filed_second(payment) > to
    paid_at = payment.paid_at
    return is_elsewhere and paid_at is not None and from_ <= int(paid_at.timestamp()) <= to


def _stream(rows: QuerySet[Any], from_: int, to: int) -> Iterator[Filed]:
    rows = rows.filter(filed__lt=_moment(to + 1)).order_by("filed", "pk")
    filed, pk = _moment(from_), 0
    while True:
        after = Q(filed__gt=filed) | Q(filed=filed, pk__gt=pk)
        chunk = list(
            rows.filter(after, filed__gte=filed).values_list("filed", "pk", *COLUMNS)[:CHUNK]
        )
        for when, _pk, *values in chunk:
            yield Filed(int(when.timestamp()), Ours.of_row(values))
        if len(chunk) < CHUNK:
            return
        filed, pk = chunk[-1][:2]


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, tz=UTC)


def paired(*, ours: Iterator[Filed], theirs: Iterator[GatewayPayment]) -> Iterator[Second]:
    """Both sides second by second, each in its order. Holds one second of each."""
    left, right = _our_seconds(ours), _their_seconds(theirs)
    mine, other = next(left, None), next(right, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine.at < other.at):
            assert mine is not None
            yield mine
            mine = next(left, None)
        elif mine is None or other.at < mine.at:
            yield other
            other = next(right, None)
        else:
            yield Second(mine.at, mine.ours, other.theirs)
            mine, other = next(left, None), next(right, None)


def _our_seconds(rows: Iterator[Filed]) -> Iterator[Second]:
    for at, group in groupby(rows, key=attrgetter("second")):
        yield Second(at, {row.ours.imp_uid: row for row in group if row.ours.imp_uid}, {})


def _their_seconds(rows: Iterator[GatewayPayment]) -> Iterator[Second]:
    for at, group in groupby(rows, key=attrgetter("filed_at")):
        yield Second(at, {}, {row.imp_uid: row for row in group})
