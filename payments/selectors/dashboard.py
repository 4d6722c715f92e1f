"""What the dashboard shows: figures of a stretch of Korean days and of the days before, the desk.

Every figure of money is a sum of movements by the day on which it moved, as the list of movements
has it: a refund counts on its own day, whenever its payment was approved. The success rate is that
of the orders made in these days, as the list of payments has them by order date, and `waiting` its
filter "needs attention". So each can link to the rows behind it. To show another figure, derive it
from `Span` or from `Dashboard.days`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from payments.core.db.counting import counted
from payments.core.periods import Days, every_day, previous
from payments.models import (
    NOT_ENDED,
    DeliveryOutcome,
    PaymentEvent,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.states import EventKind, Source

from . import background, movements
from .movements import TOLD_APART
from .payments import totals as orders
from .payments.attention import Attention, ids_of
from .roll_ups import RollUps, Row, roll_ups

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

    `moved` adds up the movements of these days. `ordered` adds up the orders made in these days;
    the success rate is theirs.
    """

    days: Days
    moved: movements.Totals
    ordered: orders.Totals


@dataclass(frozen=True, slots=True)
class Share:
    """What moved in one payment method, and which part of what was approved that is (0 to 1)."""

    pay_method: str
    totals: movements.Totals
    part: float


@dataclass(frozen=True, slots=True)
class Merchant:
    """What moved at one PG under one of our MIDs there."""

    pg_provider: str
    pg_id: str
    totals: movements.Totals


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All figures.

    `days` holds what moved on every day of the chart, also where nothing did.
    """

    now: Span
    before: Span
    methods: list[Share]
    merchants: list[Merchant]
    days: dict[date, movements.Totals]


def dashboard(days: Days) -> Dashboard:
    """The figures of these Korean days, in seven queries."""
    before = previous(days)
    chart = min(days[0], days[1] - timedelta(days=CHART_DAYS - 1)), days[1]
    sums = roll_ups()
    by_day = _moved(sums, (min(before[0], chart[0]), days[1]), "day")
    by_way = _moved(sums, days, "pay_method", "pg_provider", "pg_id")
    ordered = sums.orders("day", "status", where=Q(is_test=False), days=(before[0], days[1]))
    return Dashboard(
        now=_span(days, by_day, ordered, earlier=sums.refunds_of_earlier_days(days)),
        before=_span(before, by_day, ordered),
        methods=_shares(by_way),
        merchants=_merchants(by_way),
        days=_days(chart, by_day),
    )


def _moved(sums: RollUps, days: Days, *by: str) -> list[Row]:
    return sums.movements(*by, *TOLD_APART, where=Q(day__range=days))


def _span(
    days: Days, moved: Iterable[Row], ordered: Iterable[Row], *, earlier: int | None = None
) -> Span:
    mine = movements.totals_of(_of(days, moved), earlier=earlier)
    return Span(days, mine, orders.totals_of(_of(days, ordered)))


def _of(days: Days, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if days[0] <= row["day"] <= days[1]]


def _shares(rows: Iterable[Row]) -> list[Share]:
    """The methods, the one that brought most first."""
    sums = _by(rows, "pay_method")
    gross = sum(total.approved for total in sums.values())
    shares = [
        Share(method, total, total.approved / gross if gross else 0)
        for (method,), total in sums.items()
        if total.approved or total.refunded
    ]
    return sorted(shares, key=lambda share: (-share.totals.approved, share.pay_method))


def _merchants(rows: Iterable[Row]) -> list[Merchant]:
    """As the PGs' sheets come: by PG, then by MID."""
    sums = _by(rows, "pg_provider", "pg_id")
    return [
        Merchant(provider, mid, total)
        for (provider, mid), total in sorted(sums.items(), key=lambda item: item[0])
        if total.approved or total.refunded or total.others
    ]


def _days(chart: Days, rows: Iterable[Row]) -> dict[date, movements.Totals]:
    sums = _by(rows, "day")
    return {day: sums.get((day,), movements.Totals()) for day in every_day(*chart)}


def _by(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], movements.Totals]:
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return {key: movements.totals_of(group) for key, group in groups.items()}


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
    rows = {reason.value: ids_of(reason, now=now) for reason in Attention}
    rows |= {reason: _OTHERS[reason](now).values("pk") for reason in others}
    return counted(rows, at_most=COUNTED_AT_MOST + 1)


def last_events() -> list[PaymentEvent]:
    """The newest things that happened to any payment, the steps towards them left out.

    So is what a run confirmed: a hundred thousand of those would be all that there is to see.
    """
    events = PaymentEvent.objects.exclude(kind__in=_STEPS)
    events = events.exclude(kind=EventKind.CONFIRMED, source=Source.RUN)
    return list(events.select_related("payment", "actor").order_by("-pk")[:EVENTS])
