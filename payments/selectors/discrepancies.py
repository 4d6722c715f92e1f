"""What is read about discrepancies: both sides field by field, their steps, figures of a set.

Figures are kept as JSON text of the moment at which they were seen; here they become values again.
Which figures, in which order and what they are called is said by `payments.compared_fields`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils.functional import Promise

from payments.compared_fields import ROWS, Kind, Row
from payments.comparing import is_same, is_told
from payments.core.db.search import searched
from payments.core.money import WON
from payments.models import (
    Bucket,
    Discrepancy,
    DiscrepancyLine,
    DiscrepancyStep,
    Payment,
    ReconciliationRun,
)

from .payments.customers import learn_confirmed
from .payments.detail import Agreement, ComparedField

# Newest steps of one discrepancy that its page shows.
MAX_STEPS = 100
# Of one payment, on the payment's own page.
MAX_OF_PAYMENT = 20
WORK = "payments.work_discrepancy"
_BACKEND = "django.contrib.auth.backends.ModelBackend"

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many discrepancies a set has, and how many won hang on them.

    `by_bucket` is how many of them differ in each; one may differ in several.
    """

    count: int = 0
    amount: int = 0
    by_bucket: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is open: for the dashboard."""

    count: int
    amount: int
    oldest: datetime | None
    mine: int


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one side ("ours" or "theirs") that became another, beside the side's others."""

    side: str
    name: str
    label: str | Promise
    was: object
    now: object
    before: Figures | None
    after: Figures | None


def figures(text: str) -> Figures | None:
    """One side's figures, None where that side has no such payment."""
    side = json.loads(text) if text else None
    return side if isinstance(side, dict) else None


def currency_of(side: Figures | None) -> str:
    """What one side is in; won where nothing is said of it."""
    return str((side or {}).get("currency") or WON)


def foreign_amount_at_risk(discrepancy: Discrepancy) -> str:
    """What is at stake in another currency, which counts in no total; "" for won."""
    side = figures(discrepancy.ours) or figures(discrepancy.theirs) or {}
    currency = currency_of(side)
    # It comes from the gateway, so it may hold anything, a line break too.
    amount = " ".join(f"{side.get('amount')} {currency}".split())
    return "" if currency == WON else amount


def compared(discrepancy: Discrepancy) -> list[ComparedField]:
    """Both sides field by field; what neither side has is left out."""
    ours, theirs = figures(discrepancy.ours), figures(discrepancy.theirs)
    return list(_compared(ours, theirs, fields_of(discrepancy)))


def fields_of(discrepancy: Discrepancy) -> set[str]:
    """What it is about; of the payment's details those that differ."""
    buckets = set(discrepancy.buckets) - {Bucket.DETAILS}
    about = {row.name for row in ROWS if not buckets.isdisjoint(row.about)}
    return about | {row.name for row in details_of(discrepancy)}


def details_of(discrepancy: Discrepancy) -> list[Row]:
    """The payment's details in which it differs, in the order of the table."""
    lines = (line for line in discrepancy.lines.all() if line.is_current)
    names = {
        name
        for line in lines
        if line.bucket == Bucket.DETAILS
        for name in (figures(line.theirs) or {})
    }
    return [row for row in ROWS if row.name in names]


def gateway_fields(theirs: str) -> list[ComparedField]:
    """The gateway's side alone, field by field."""
    return list(_compared(None, figures(theirs), set()))


def steps(discrepancy: Discrepancy) -> list[tuple[DiscrepancyStep, list[Change]]]:
    """What happened to it, the newest first, each with what became of the figures by it."""
    newest_first = list(discrepancy.steps.select_related("actor").order_by("-pk")[:MAX_STEPS])
    learn_confirmed(step.actor for step in newest_first)
    return [
        (step, [*_changes("ours", before, step), *_changes("theirs", before, step)])
        for step, before in zip_longest(newest_first, newest_first[1:])
    ]


def _changes(side: str, before: DiscrepancyStep | None, after: DiscrepancyStep) -> Iterator[Change]:
    if before is None:
        return
    old, new = figures(getattr(before, side)), figures(getattr(after, side))
    for row in ROWS:
        was, now = _value(old, row), _value(new, row)
        if was != now and (is_told(was) or is_told(now)) and _is_kept(old, row):
            yield Change(side, row.name, row.words, was, now, old, new)


def _is_kept(side: Figures | None, row: Row) -> bool:
    """Whether this figure was kept at all: fewer were, once."""
    return side is None or row.name in side or row.theirs in side


def _compared(
    ours: Figures | None, theirs: Figures | None, about: set[str]
) -> Iterator[ComparedField]:
    for row in ROWS:
        left, right = _value(ours, row), _value(theirs, row)
        if is_told(left) or is_told(right):
            yield ComparedField(row, left, right, _agreement(row, left, right, about))


def _value(side: Figures | None, row: Row) -> object:
    """As it was kept; once by the gateway's name where that is another one."""
    kept = side or {}
    value = kept.get(row.name, kept.get(row.theirs))
    if row.kind is Kind.TIME:
        return _time(value)
    return tuple(map(tuple, value)) if isinstance(value, list) else value


def _time(value: Any) -> object:
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return value


def _agreement(row: Row, ours: object, theirs: object, about: set[str]) -> Agreement:
    if not is_told(theirs):
        return Agreement.ONLY_HERE
    if not is_told(ours):
        return Agreement.ONLY_THERE
    if is_same(row, ours, theirs):
        return Agreement.SAME
    return Agreement.DIFFERENT if row.name in about else Agreement.SHOWN


def last_run(discrepancy: Discrepancy) -> ReconciliationRun | None:
    """The newest run that saw it, None if none did."""
    return discrepancy.seen_by.order_by("-pk").first()


def totals(discrepancies: QuerySet[Discrepancy]) -> Totals:
    """Add up a set, in two queries."""
    rows = discrepancies.order_by()
    sums = rows.aggregate(count=Count("pk"), amount=Sum("amount", default=0))
    lines = DiscrepancyLine.objects.filter(discrepancy__in=rows.values("pk"), is_current=True)
    by_bucket = dict(lines.values_list("bucket").annotate(number=Count("pk")).order_by())
    return Totals(**sums, by_bucket=by_bucket)


def queue(person: AbstractBaseUser) -> Queue:
    """What is open, and how much of it is this person's; in one query."""
    figures_of_open = Discrepancy.objects.filter(is_open=True).aggregate(
        count=Count("pk"),
        amount=Sum("amount", default=0),
        oldest=Min("found_at"),
        mine=Count("pk", filter=Q(owner_id=person.pk)),
    )
    return Queue(**figures_of_open)


def of_payment(payment: Payment) -> list[Discrepancy]:
    """Those of one payment: the open ones first, then the newest."""
    discrepancies = payment.discrepancies.select_related("owner").prefetch_related("lines")
    rows = list(discrepancies.order_by("-is_open", "-pk")[:MAX_OF_PAYMENT])
    learn_confirmed(row.owner for row in rows)
    return rows


def possible_owners() -> QuerySet[Any]:
    """Who may own a discrepancy, by name."""
    people: Any = get_user_model().objects.with_perm(WORK, backend=_BACKEND)
    staff: QuerySet[Any] = people.filter(is_staff=True).with_confirmation()
    return staff.order_by("email", "pk")


def possible_owners_called(term: str) -> QuerySet[Any]:
    """Those of them whose name or e-mail has this in it; of several e-mails, any of them."""
    return searched(
        possible_owners(), term, fields=("email", "username", "last_name", "first_name")
    )
