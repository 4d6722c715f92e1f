"""Closed days: which are still to close, what they said, and what was learnt since.

A refund belongs to the day on which it happened, so a closed day stands whatever comes later. What
can still come to it is a movement that happened then and was learnt afterwards: `drift` sets one
day beside its close line by line, `learnt_since` counts for many days at once, by index, without
reading any lines. Where closing begins is in `beginning`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from payments.core.kst import day_of
from payments.core.periods import every_day
from payments.models import (
    OPEN_RUN,
    DailyClose,
    DeliveryOutcome,
    Discrepancy,
    Movement,
    Payment,
    PaymentEvent,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.selectors.payments.customers import learn_confirmed
from payments.selectors.roll_ups import roll_ups

from .figures import Figures, Moved, kept
from .lines import Line, figures_of_lines, lines_of, readable_lines

# The newest closes that the dashboard looks at; older ones show their drift on their own page.
WATCHED = 90
_BATCH = 500
ONE_DAY = timedelta(days=1)
# A movement that was learnt so near to the close may be in its lines or not: processes' clocks
# differ, and what was being written then is in no close.
_DOUBT = timedelta(minutes=10)


# --- Which days ------------------------------------------------------------------------------


def newest() -> DailyClose | None:
    """The last close, by day."""
    return DailyClose.objects.defer("lines").order_by("-day").first()


def open_days(*, now: datetime) -> list[date]:
    """Finished days that are still to close, in order; none before somebody has begun."""
    last = newest()
    return every_day(last.day + ONE_DAY, day_of(now) - ONE_DAY) if last else []


@dataclass(frozen=True, slots=True)
class StillOpen:
    """What could still change the figures of a day that is about to be closed."""

    discrepancies: int
    failed_webhooks: int
    waiting_runs: int


def still_open() -> StillOpen:
    """How much of each there is now, whatever day it is about."""
    runs: tuple[QuerySet[Any], ...] = (
        VerificationRun.objects.filter(status__in=OPEN_RUN),
        ReconciliationRun.objects.filter(status__in=OPEN_RUN),
    )
    return StillOpen(
        discrepancies=Discrepancy.objects.filter(is_open=True).count(),
        failed_webhooks=WebhookDelivery.objects.filter(outcome=DeliveryOutcome.FAILED).count(),
        waiting_runs=sum(rows.count() for rows in runs),
    )


# --- Many days -------------------------------------------------------------------------------


def learnt_since(closes: Iterable[DailyClose]) -> dict[date, Moved]:
    """What was learnt of these days after their close: how many movements, and by how many won
    the net has moved by those that are in it. Days that stand are left out.
    """
    by_day = {close.day: close for close in closes}
    found: defaultdict[date, Moved] = defaultdict(Moved)
    for movement in _late(by_day):
        counts = movement.is_own and not movement.is_test
        found[movement.day] += Moved(1, movement.amount if counts else 0)
    return dict(found)


def learnt_lately() -> dict[date, Moved]:
    """`learnt_since` for the newest closes: what the dashboard counts and the list narrows to."""
    return learnt_since(DailyClose.objects.defer("lines").order_by("-day")[:WATCHED])


def _late(closes: dict[date, DailyClose]) -> Iterator[Movement]:
    if not closes:
        return
    since = (Q(day=day, observed_at__gt=close.closed_at - _DOUBT) for day, close in closes.items())
    rows = Movement.objects.filter(reduce(or_, since)).order_by("day", "pk")
    doubtful: defaultdict[date, list[Movement]] = defaultdict(list)
    for row in rows:
        if row.observed_at > closes[row.day].closed_at + _DOUBT:
            yield row
        else:
            doubtful[row.day].append(row)
    for day, some in doubtful.items():
        yield from _not_in_lines(closes[day], some)


def _not_in_lines(close: DailyClose, rows: list[Movement]) -> Iterator[Movement]:
    """Those among them of which the close knows nothing."""
    lines = DailyClose.objects.values_list("lines", flat=True).get(pk=close.pk)
    then = {(line.merchant_uid, line.key) for line in readable_lines(lines.splitlines())}
    numbers = dict(
        Payment.objects.filter(pk__in={row.payment_id for row in rows}).values_list(
            "pk", "merchant_uid"
        )
    )
    yield from (row for row in rows if (numbers[row.payment_id], row.key) not in then)


# --- One day ---------------------------------------------------------------------------------


def figures_then(close: DailyClose) -> Figures:
    """All figures of a close."""
    return kept(vars(close))


def figures_now(day: date, lines: str | None = None) -> Figures:
    """All figures of a day as it is now. `lines` are those of now, if they were read already."""
    text = lines_of(day) if lines is None else lines
    later = roll_ups().refunds_on_later_days((day, day))
    return figures_of_lines(text, refunded_later=later.get(day, 0))


class Learnt(NamedTuple):
    """A movement that was learnt after its day was closed, and by which event we learnt of it."""

    line: Line
    payment_id: int | None
    event: PaymentEvent | None


@dataclass(frozen=True, slots=True)
class Drift:
    """What a closed day said, what it would say now, and the lines that make the difference.

    `gone`: lines of the close that no movement stands behind any more. Movements are never removed,
    so somebody has been at the database (`services.daily_close.audit`).
    """

    then: Figures
    now: Figures
    learnt: list[Line]
    gone: list[Line]

    @property
    def moved(self) -> Moved:
        """How many lines, and by how many won the net has moved."""
        net = self.now.sums.net - self.then.sums.net
        return Moved(len(self.learnt) + len(self.gone), net)

    def __bool__(self) -> bool:
        return bool(self.learnt or self.gone)


def drift(close: DailyClose, now: str | None = None) -> Drift:
    """What was learnt since this day was closed. `now` are its lines of now, if they are known.

    What comes off its payments later does not count: it is of another day.
    """
    then, text = figures_then(close), lines_of(close.day) if now is None else now
    if text == close.lines:
        return Drift(then, then, [], [])
    before, after = set(close.lines.splitlines()), set(text.splitlines())
    return Drift(
        then=then,
        now=figures_of_lines(text, refunded_later=then.refunded_later),
        learnt=list(readable_lines(sorted(after - before))),
        gone=list(readable_lines(sorted(before - after))),
    )


def how_learnt(lines: Iterable[Line]) -> list[Learnt]:
    """Each of these with its payment and the event by which we learnt of it."""
    lines = list(lines)
    movements: dict[tuple[str, str], Movement] = {}
    for some in _batches({line.merchant_uid for line in lines}):
        rows = Movement.objects.filter(payment__merchant_uid__in=some).select_related("payment")
        movements |= {(row.payment.merchant_uid, row.key): row for row in rows}
    events = _events(movements[key] for line in lines if (key := _key(line)) in movements)
    return [_learnt(line, movements.get(_key(line)), events) for line in lines]


def _key(line: Line) -> tuple[str, str]:
    return line.merchant_uid, line.key


def _learnt(
    line: Line, movement: Movement | None, events: dict[tuple[int, int], PaymentEvent]
) -> Learnt:
    if movement is None:
        return Learnt(line, None, None)
    event = events.get((movement.payment_id, movement.event_sequence))
    return Learnt(line, movement.payment_id, event)


def _events(movements: Iterable[Movement]) -> dict[tuple[int, int], PaymentEvent]:
    wanted = {(row.payment_id, row.event_sequence) for row in movements}
    events: dict[tuple[int, int], PaymentEvent] = {}
    for some in _batches({payment_id for payment_id, _sequence in wanted}):
        rows = PaymentEvent.objects.filter(
            payment__in=some, sequence__in={sequence for _payment, sequence in wanted}
        ).defer("answer", "changes")
        events |= {(row.payment_id, row.sequence): row for row in rows}
    return events


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(sorted(values))
    while batch := list(islice(remaining, _BATCH)):
        yield batch


# --- What stands beside a line ---------------------------------------------------------------


class Known(NamedTuple):
    """What is not frozen of a movement's payment: whose it is, and its approval number."""

    pk: int | None
    apply_num: str
    customer: Any


UNKNOWN = Known(None, "", None)


def known(numbers: Iterable[str]) -> dict[str, Known]:
    """What is known of the payments with these order numbers."""
    payments: dict[str, Known] = {}
    for some in _batches(set(numbers)):
        rows = Payment.objects.filter(merchant_uid__in=some).select_related("user")
        rows = rows.only("merchant_uid", "apply_num", "user")
        learn_confirmed(row.user for row in rows)
        payments |= {row.merchant_uid: Known(row.pk, row.apply_num, row.user) for row in rows}
    return payments
