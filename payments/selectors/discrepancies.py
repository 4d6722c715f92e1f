"""What is read about discrepancies: both sides field by field, their steps, figures of a set.

Figures are kept as JSON text of the moment at which they were seen; here they become values again.
To compare one more figure, add it to `_FIELDS`, and its label to `_LABELS` if a payment has none.
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
from django.utils.translation import gettext_lazy as _

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

# In the order of the page.
_FIELDS = (
    "merchant_uid",
    "imp_uid",
    "name",
    "status",
    "amount",
    "cancelled_amount",
    "currency",
    "sandbox",
    "pay_method",
    "pg_provider",
    "buyer_name",
    "buyer_email",
    "requested_at",
    "paid_at",
    "failed_at",
    "cancelled_at",
)
# The name on the gateway's side where that is another one.
_THEIR_NAMES = {"requested_at": "started_at"}
# Of what is no column of a payment.
_LABELS: dict[str, str | Promise] = {
    "sandbox": _("test payment"),
    "buyer_name": _("buyer's name"),
    "buyer_email": _("buyer's e-mail"),
}
_TIMES = frozenset({"requested_at", "started_at", "paid_at", "failed_at", "cancelled_at"})
_NONE: tuple[object, ...] = ("", None)
# Two sides may say these in two ways without anything being wrong.
_FREE = frozenset({"requested_at", "name"})
# What a bucket is about.
FIELD_OF: dict[str, str] = {
    Bucket.AMOUNT: "amount",
    Bucket.STATUS: "status",
    Bucket.REFUND: "cancelled_amount",
    Bucket.CURRENCY: "currency",
    Bucket.ORDER_NUMBER: "merchant_uid",
    Bucket.DOUBLE_APPROVAL: "imp_uid",
    Bucket.TEST_PAYMENT: "sandbox",
    Bucket.PAID_AT: "paid_at",
}


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
    """What it is about."""
    return {FIELD_OF[bucket] for bucket in discrepancy.buckets if bucket in FIELD_OF}


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
    for name in _FIELDS:
        key = name if side == "ours" else _THEIR_NAMES.get(name, name)
        was, now = _value(old, key), _value(new, key)
        if was != now and not (was in _NONE and now in _NONE):
            yield Change(side, name, _label(name), was, now, old, new)


def _compared(
    ours: Figures | None, theirs: Figures | None, about: set[str]
) -> Iterator[ComparedField]:
    for name in _FIELDS:
        left, right = _value(ours, name), _value(theirs, _THEIR_NAMES.get(name, name))
        if left in _NONE and right in _NONE:
            continue
        agreement = _agreement(name, left, right, about)
        yield ComparedField(name, _label(name), left, right, agreement)


def _label(name: str) -> str | Promise:
    return _LABELS.get(name) or Payment.label(name)


def _value(side: Figures | None, name: str) -> object:
    value = (side or {}).get(name)
    if name in _TIMES:
        return datetime.fromisoformat(value) if value else None
    return value


def _agreement(name: str, ours: object, theirs: object, about: set[str]) -> Agreement:
    if name in about and ours != theirs:
        return Agreement.DIFFERENT
    if theirs in _NONE:
        return Agreement.ONLY_HERE
    if ours in _NONE:
        return Agreement.ONLY_THERE
    return Agreement.SAME if ours == theirs or name in _FREE else Agreement.DIFFERENT


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
