"""What the dashboard shows: figures of a stretch of Korean days and of the days before, the desk.

Every figure is one of the list's: `approved` is the list by payment date, `ordered` the list by
order date, `waiting` its filter "needs attention". So each can link to the payments behind it. A
refund counts on the day on which its payment was approved, whenever the money went back: only then
do gross, refunded and net belong to the same payments. To show another figure, derive it from
`Span` or from `Dashboard.days`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, DateField, QuerySet, Sum, Value, When

from payments.core.db.functions import KoreanDay
from payments.core.kst import end_of, start_of
from payments.core.periods import Days, previous
from payments.models import (
    NOT_ENDED,
    DeliveryOutcome,
    Payment,
    PaymentEvent,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.states import APPROVED, EventKind, PaymentStatus, Source

from . import background
from .payments.attention import Attention, needs
from .payments.totals import Totals

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

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Figures of some Korean days, both ends included.

    `approved` adds up the payments whose payment date lies in these days: gross is what was
    approved, refunded what has gone back of it since, net the rest. `ordered` adds up the orders
    made in these days, and `success_rate` is taken of them: approved among those that came to an
    end (approved or failed).
    """

    days: Days
    approved: Totals
    ordered: Totals

    @property
    def success_rate(self) -> float | None:
        """Between 0 and 1; None if no order came to an end."""
        return self.ordered.success_rate


@dataclass(frozen=True, slots=True)
class Share:
    """What was approved in one payment method, and which part of the gross that is (0 to 1)."""

    pay_method: str
    totals: Totals
    part: float


@dataclass(frozen=True, slots=True)
class Day:
    """What was approved on one Korean day, and what has gone back of it."""

    day: date
    gross: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All figures. `days` has a row for every day of the chart, also where nothing happened."""

    now: Span
    before: Span
    methods: list[Share]
    days: list[Day]


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
        now=Span(days, _sum(within), _sum(row for row in ordered if row["is_now"])),
        before=Span(before, _sum(earlier), _sum(row for row in ordered if not row["is_now"])),
        methods=_shares(within),
        days=_days(chart, approved),
    )


def _in(days: Days, day: date) -> bool:
    return days[0] <= day <= days[1]


def _approved(first: date, chart: Days) -> list[Row]:
    """Payments by payment date: per day of the chart, method and status."""
    payments = Payment.objects.filter(paid_at__gte=start_of(first), paid_at__lt=end_of(chart[1]))
    # The day is worked out for the chart's days alone: that is what costs.
    in_chart = When(paid_at__gte=start_of(chart[0]), then=KoreanDay("paid_at"))
    day = Case(in_chart, default=None, output_field=DateField())
    return _added_up(payments.annotate(day=day), "day", "pay_method")


def _ordered(first: date, days: Days) -> list[Row]:
    """Payments by order date: in the span or before it, and status."""
    payments = Payment.objects.filter(
        requested_at__gte=start_of(first), requested_at__lt=end_of(days[1])
    )
    is_now = Case(When(requested_at__gte=start_of(days[0]), then=Value(True)), default=Value(False))
    return _added_up(payments.annotate(is_now=is_now), "is_now")


def _added_up(payments: QuerySet[Payment, Any], *by: str) -> list[Row]:
    sums = {"count": Count("pk"), "gross": Sum("amount"), "refunded": Sum("cancelled_amount")}
    return list(payments.order_by().values(*by, "status").annotate(**sums))


def _sum(rows: Iterable[Row]) -> Totals:
    """The same figures as `totals.totals` has for the payments behind these rows."""
    by_status = dict.fromkeys(PaymentStatus.values, 0)
    gross = refunded = 0
    for row in rows:
        by_status[row["status"]] += row["count"]
        if row["status"] in APPROVED:
            gross += row["gross"]
            refunded += row["refunded"]
    return Totals(sum(by_status.values()), gross, refunded, by_status)


def _shares(rows: Iterable[Row]) -> list[Share]:
    """The methods, the one that brought most first."""
    by_method: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_method[row["pay_method"]].append(row)
    sums = {method: _sum(rows) for method, rows in by_method.items()}
    gross = sum(total.gross for total in sums.values())
    shares = [
        Share(method, total, total.gross / gross if gross else 0) for method, total in sums.items()
    ]
    return sorted(shares, key=lambda share: (-share.totals.gross, share.pay_method))


def _days(chart: Days, rows: Iterable[Row]) -> list[Day]:
    by_day: defaultdict[date | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row["day"]].append(row)
    dates = [chart[0] + timedelta(days=number) for number in range((chart[1] - chart[0]).days + 1)]
    sums = [(day, _sum(by_day[day])) for day in dates]
    return [Day(day, total.gross, total.refunded) for day, total in sums]


def waiting(
    now: datetime,
    *,
    with_webhooks: bool,
    with_runs: bool = False,
    with_reconciliations: bool = False,
    with_background: bool = False,
) -> dict[str, int]:
    """How many things wait for somebody, by reason; counted up to `COUNTED_AT_MOST` + 1.

    One query, however many payments there are. `FAILED_WEBHOOKS` only `with_webhooks`, `OPEN_RUNS`
    only `with_runs`, `OPEN_RECONCILIATIONS` only `with_reconciliations`, `FAILED_TASKS` and
    `PARKED` only `with_background`.
    """
    counts = [
        _counted(reason, Payment.objects.filter(needs(reason, now=now))) for reason in Attention
    ]
    if with_webhooks:
        failed = WebhookDelivery.objects.filter(outcome=DeliveryOutcome.FAILED)
        counts.append(_counted(FAILED_WEBHOOKS, failed))
    if with_runs:
        counts.append(_counted(OPEN_RUNS, VerificationRun.objects.filter(status__in=NOT_ENDED)))
    if with_reconciliations:
        reconciliations = ReconciliationRun.objects.filter(status__in=NOT_ENDED)
        counts.append(_counted(OPEN_RECONCILIATIONS, reconciliations))
    if with_background:
        counts.append(_counted(FAILED_TASKS, background.failed_tasks(since=now - FAILED_WITHIN)))
        counts.append(_counted(PARKED, background.parked().select_related(None)))
    return dict(counts[0].union(*counts[1:], all=True))


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
    return list(events.select_related("payment").order_by("-pk")[:EVENTS])
