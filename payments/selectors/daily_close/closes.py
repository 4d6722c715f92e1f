"""Closed days: which are still to close, what they said, and what has moved since.

`drift` compares one day payment by payment. Where many days are looked at, `moved` compares count,
gross and refunded alone, in one query over the payments of these days; a page never recomputes
more than it shows. What is counted before a day is closed is in `still_open`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from payments.core.db.functions import KoreanDay
from payments.core.kst import day_of, end_of, start_of
from payments.core.periods import every_day
from payments.models import (
    OPEN_RUN,
    DailyClose,
    DeliveryOutcome,
    Discrepancy,
    Payment,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.selectors.reconciliation import compared_by_clock_since

from .lines import (
    Figures,
    Line,
    Row,
    Sums,
    figures_of,
    figures_of_lines,
    kept,
    lines_of,
    read_lines,
)

# The newest closes that the dashboard looks at; older ones show their drift on their own page.
WATCHED = 90
_BATCH = 500
ONE_DAY = timedelta(days=1)


# --- Which days ------------------------------------------------------------------------------


def newest() -> DailyClose | None:
    """The last close, by day."""
    return DailyClose.objects.defer("lines").order_by("-day").first()


def open_days(*, now: datetime) -> list[date]:
    """Finished days that are still to close, in order.

    Before the first close only yesterday, and days before it that the clock is still at.
    """
    yesterday, last = day_of(now) - ONE_DAY, newest()
    first = last.day + ONE_DAY if last else compared_by_clock_since(yesterday)
    return every_day(first, yesterday)


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


def figures_by_day(first: date, last: date) -> dict[date, Figures]:
    """What each of these days adds up to now, in order; days without a payment are left out."""
    within = Q(paid_at__gte=start_of(first), paid_at__lt=end_of(last))
    rows = _added_up(within, "status", "pay_method", "pg_provider")
    by_day: defaultdict[date, list[Row]] = defaultdict(list)
    for day, *values in rows:
        by_day[day].append(Row(*values))
    return {day: figures_of(by_day[day]) for day in sorted(by_day)}


def moved(closes: Iterable[DailyClose]) -> dict[date, Sums]:
    """By how much the days of these closes have moved since; days that stand are left out."""
    then = {close.day: sums_of(close) for close in closes}
    now = dict.fromkeys(then, Sums())
    rows = _added_up(_in_days(sorted(then)), "status") if then else []
    for day, status, *values in rows:
        if day in now:
            now[day] += figures_of([Row(status, "", "", *values)]).sums
    return {day: now[day] - sums for day, sums in then.items() if now[day] != sums}


def moved_lately() -> dict[date, Sums]:
    """`moved` for the newest closes: what the dashboard counts and the list can be narrowed to."""
    return moved(DailyClose.objects.defer("lines").order_by("-day")[:WATCHED])


def _in_days(days: list[date]) -> Q:
    """Days that follow each other as one stretch, so that each stretch goes through the index."""
    condition, first = Q(), days[0]
    for day, following in zip(days, [*days[1:], None], strict=True):
        if following != day + ONE_DAY:
            condition |= Q(paid_at__gte=start_of(first), paid_at__lt=end_of(day))
            first = following or day
    return condition


def _added_up(condition: Q, *by: str) -> QuerySet[Payment, tuple[Any, ...]]:
    payments = Payment.objects.filter(condition).order_by().annotate(day=KoreanDay("paid_at"))
    sums = {"number": Count("pk"), "gross": Sum("amount"), "refunded": Sum("cancelled_amount")}
    # The columns of an aggregate are its own: the stubs know the model's alone.
    added_up: Any = payments.values("day", *by).annotate(**sums)
    rows: QuerySet[Payment, tuple[Any, ...]] = added_up.values_list("day", *by, *sums)
    return rows


# --- One day ---------------------------------------------------------------------------------


def sums_of(close: DailyClose) -> Sums:
    """The figures of a close."""
    return Sums(close.count, close.gross, close.refunded)


def figures_then(close: DailyClose) -> Figures:
    """All figures of a close."""
    methods = kept(close.by_method, "pay_method")
    return Figures(sums_of(close), methods, kept(close.by_provider, "pg_provider"))


class Known(NamedTuple):
    """What never changes about a payment that was approved."""

    pk: int | None
    merchant_uid: str
    paid_at: datetime | None


UNKNOWN = Known(None, "", None)


@dataclass(frozen=True, slots=True)
class Cause:
    """One payment that is not what it was: None where it was not, or is no longer, of the day."""

    imp_uid: str
    payment: Known
    before: Line | None
    after: Line | None

    @property
    def is_refund(self) -> bool:
        """Whether it changed as a refund changes a payment, and in nothing else."""
        if self.before is None or self.after is None:
            return False
        refunded, status = self.after.cancelled_amount, self.after.status
        return replace(self.before, cancelled_amount=refunded, status=status) == self.after


@dataclass(frozen=True, slots=True)
class Drift:
    """What a closed day said, what it would say now, and the payments that make the difference."""

    then: Figures
    now: Figures
    causes: list[Cause]

    @property
    def difference(self) -> Sums:
        """By how much the figures have moved; payments can change without moving them."""
        return self.now.sums - self.then.sums

    def __bool__(self) -> bool:
        return bool(self.causes)


def drift(close: DailyClose) -> Drift:
    """What has moved since this day was closed, payment by payment."""
    now = lines_of(close.day)
    if now == close.lines:
        return Drift(figures_then(close), figures_then(close), [])
    return Drift(
        then=figures_then(close),
        now=figures_of_lines(now),
        causes=list(_causes(close.lines, now)),
    )


def _causes(then: str, now: str) -> Iterator[Cause]:
    """Lines that stand in one text alone, set beside each other by payment."""
    texts = set(then.splitlines()), set(now.splitlines())
    before = {line.imp_uid: line for line in read_lines("\n".join(texts[0] - texts[1]))}
    after = {line.imp_uid: line for line in read_lines("\n".join(texts[1] - texts[0]))}
    ids = sorted({*before, *after})
    payments = known(ids)
    for imp_uid in ids:
        payment = payments.get(imp_uid, UNKNOWN)
        yield Cause(imp_uid, payment, before.get(imp_uid), after.get(imp_uid))


def known(ids: list[str]) -> dict[str, Known]:
    """What is known of each of these payments, by imp_uid."""
    payments: dict[str, Known] = {}
    for start in range(0, len(ids), _BATCH):
        payments |= by_imp_uid(Payment.objects.filter(imp_uid__in=ids[start : start + _BATCH]))
    return payments


def by_imp_uid(payments: QuerySet[Payment]) -> dict[str, Known]:
    """The same for payments that are selected already."""
    rows = payments.order_by().values_list("imp_uid", *Known._fields)
    return {imp_uid: Known(*values) for imp_uid, *values in rows.iterator() if imp_uid}
