"""What the dashboard shows: figures of a stretch of Korean days and of the days before, the desk.

Every figure is one of the list's: `approved` is the list by payment date, `ordered` the list by
order date, `waiting` its filter "needs attention". So each can link to the payments behind it. A
refund counts on the day on which its payment was approved, whenever the money went back: only then
do gross, refunded and net belong to the same payments. To show another figure, derive it from
`Span` or from `Dashboard.days`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, DateField, QuerySet, Value, When

from payments.core.db.functions import KoreanDay
from payments.core.kst import end_of, start_of
from payments.core.periods import Days, every_day, previous
from payments.models import (
    NOT_ENDED,
    DeliveryOutcome,
    Payment,
    PaymentEvent,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.states import EventKind, Source

from . import background
from .payments.attention import Attention, needs
from .payments.totals import Row, Totals, added_up, totals_of

# A chart of fewer days says nothing: for "today" it shows the week that ends today.
CHART_DAYS = 7
COUNTED_AT_MOST = 1_000
EVENTS = 10
FAILED_WEBHOOKS = "failed_webhooks"
OPEN_RUNS, OPEN_RECONCILIATIONS = "open_runs", "open_reconciliations"
FAILED_TASKS, PARKED = "failed_tasks", "parked"
FAILED_WITHIN = timedelta(days=1)
# Steps on the way to an outcome; the outcome has an event of its own.
_STEPS = (EventKind.PREPARE_ASKED, EventKind.PREPARED, EventKind.ASKED, EventKind.RENUMBERED)


@dataclass(frozen=True, slots=True)
class Span:
    """Figures of some Korean days, both ends included.

    `approved` adds up the payments whose payment date lies in these days: gross is what was
    approved, refunded what has gone back of it since, net the rest. `ordered` adds up the orders
    made in these days; the success rate is theirs.
    """

    days: Days
    approved: Totals
    ordered: Totals


@dataclass(frozen=True, slots=True)
class Share:
    """What was approved in one payment method, and which part of the gross that is (0 to 1)."""

    pay_method: str
    totals: Totals
    part: float


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All figures.

    `days` holds what was approved on every day of the chart and what has gone back of it, also
    where nothing happened.
    """

    now: Span
    before: Span
    methods: list[Share]
    days: dict[date, Totals]


def dashboard(days: Days) -> Dashboard:
    """The figures of these Korean days, in two queries."""
    before = previous(days)
    chart = min(days[0], days[1] - timedelta(days=CHART_DAYS - 1)), days[1]
    approved = _approved(min(before[0], chart[0]), chart)
    ordered = _ordered(before[0], days)
    # Days before the chart come as one, without a date: they can only be in the span before.
    within = [row for row in approved if row["day"] and _in(days, row["day"])]
    earlier = [row for row in approved if row["day"] is None or _in(before, row["day"])]
    return Dashboard(
        now=_span(days, within, [row for row in ordered if row["is_now"]]),
        before=_span(before, earlier, [row for row in ordered if not row["is_now"]]),
        methods=_shares(within),
        days=_days(chart, approved),
    )


def _span(days: Days, approved: Iterable[Row], ordered: Iterable[Row]) -> Span:
    return Span(days, totals_of(approved), totals_of(ordered))


def _in(days: Days, day: date) -> bool:
    return days[0] <= day <= days[1]


def _approved(first: date, chart: Days) -> list[Row]:
    """Payments by payment date: per day of the chart, method and status."""
    payments = Payment.objects.filter(paid_at__gte=start_of(first), paid_at__lt=end_of(chart[1]))
    # The day is worked out for the chart's days alone: that is what costs.
    in_chart = When(paid_at__gte=start_of(chart[0]), then=KoreanDay("paid_at"))
    day = Case(in_chart, default=None, output_field=DateField())
    return added_up(payments.annotate(day=day), "day", "pay_method")


def _ordered(first: date, days: Days) -> list[Row]:
    """Payments by order date: in the span or before it, and status."""
    payments = Payment.objects.filter(
        requested_at__gte=start_of(first), requested_at__lt=end_of(days[1])
    )
    is_now = Case(When(requested_at__gte=start_of(days[0]), then=Value(True)), default=Value(False))
    return added_up(payments.annotate(is_now=is_now), "is_now")


def _shares(rows: Iterable[Row]) -> list[Share]:
    """The methods, the one that brought most first."""
    by_method: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_method[row["pay_method"]].append(row)
    sums = {method: totals_of(rows) for method, rows in by_method.items()}
    gross = sum(total.gross for total in sums.values())
    shares = [
        Share(method, total, total.gross / gross if gross else 0) for method, total in sums.items()
    ]
    return sorted(shares, key=lambda share: (-share.totals.gross, share.pay_method))


def _days(chart: Days, rows: Iterable[Row]) -> dict[date, Totals]:
    by_day: defaultdict[date | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row["day"]].append(row)
    return {day: totals_of(by_day[day]) for day in every_day(*chart)}


# What can wait besides payments.
_OTHERS: dict[str, Callable[[datetime], QuerySet[Any]]] = {
    FAILED_WEBHOOKS: lambda now: WebhookDelivery.objects.filter(outcome=DeliveryOutcome.FAILED),
    OPEN_RUNS: lambda now: VerificationRun.objects.filter(status__in=NOT_ENDED),
    OPEN_RECONCILIATIONS: lambda now: ReconciliationRun.objects.filter(status__in=NOT_ENDED),
    FAILED_TASKS: lambda now: background.failed_tasks(since=now - FAILED_WITHIN),
    PARKED: lambda now: background.parked().select_related(None),
}


def waiting(now: datetime, *, others: Iterable[str] = ()) -> dict[str, int]:
    """How many things wait for somebody, by reason; counted up to `COUNTED_AT_MOST` + 1.

    One query, however many payments there are. `others`: what is counted besides payments.
    """
    rows = {reason.value: Payment.objects.filter(needs(reason, now=now)) for reason in Attention}
    rows |= {reason: _OTHERS[reason](now) for reason in others}
    first, *more = (_counted(reason, waiting) for reason, waiting in rows.items())
    return dict(first.union(*more, all=True))


def _counted(reason: str, rows: QuerySet[Any]) -> QuerySet[Any, tuple[str, int]]:
    first = rows.order_by().values("pk")[: COUNTED_AT_MOST + 1]
    counted: QuerySet[Any, Any] = rows.model._default_manager.filter(pk__in=first).order_by()
    counted = counted.values(reason=Value(reason)).annotate(number=Count("pk"))
    return counted.values_list("reason", "number")


def last_events() -> list[PaymentEvent]:
    """The newest things that happened to any payment, the steps towards them left out.

    So is what a run confirmed: a hundred thousand of those would be all that there is to see.
    """
    events = PaymentEvent.objects.exclude(kind__in=_STEPS)
    events = events.exclude(kind=EventKind.CONFIRMED, source=Source.RUN)
    return list(events.select_related("payment", "actor").order_by("-pk")[:EVENTS])
