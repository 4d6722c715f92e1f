"""The payments of a verification run, one by one: what came of each, and what it left open.

Whatever is read here goes through the index by run and outcome, a page at a time and by key, so it
is as quick at the end of a hundred thousand as at the beginning.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

from django.db.models import QuerySet
from django_stubs_ext import WithAnnotations

from payments.models import ItemOutcome, Payment, VerificationItem, VerificationRun
from payments.selectors.payments.flags import Shown, shown_in_database

from .progress import LEFT_OVER, ORDER, Counts

PAGE = 50


class ItemFacts(TypedDict):
    """What is read of the payment's verification now, whatever the run found: a `Shown`."""

    verification_now: str


# Quoted: it means something to the type checker alone.
ItemRow: TypeAlias = "WithAnnotations[VerificationItem, ItemFacts]"


@dataclass(frozen=True, slots=True)
class Items:
    """One page of the payments of a run with one outcome. `after` is the key of the next page."""

    outcome: ItemOutcome
    rows: list[ItemRow]
    after: int | None


def first_to_look_at(counts: Counts) -> ItemOutcome:
    """Which results to show to somebody who has not said which: trouble before what is fine."""
    return next((outcome for outcome in ORDER if counts.of(outcome)), ItemOutcome.WAITING)


def items(run: VerificationRun, outcome: ItemOutcome, *, after: int = 0) -> Items:
    """One page of results, by key: as quick at the end as at the beginning."""
    rows = _rows(run).filter(outcome=outcome, pk__gt=after)
    page = list(rows.order_by("pk")[: PAGE + 1])
    return Items(outcome, page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def results(run: VerificationRun, outcome: ItemOutcome | None) -> QuerySet[ItemRow]:
    """All results, or those with one outcome, in the order in which they were asked for."""
    rows = _rows(run).select_related("run")
    return (rows.filter(outcome=outcome) if outcome else rows).order_by("pk")


def _rows(run: VerificationRun) -> QuerySet[ItemRow]:
    """Its items with their payments, each with what is read of the payment now."""
    rows = VerificationItem.objects.filter(run_id=run.pk).select_related("payment")
    return rows.annotate(verification_now=shown_in_database("payment__"))


def is_accepted_now(item: ItemRow) -> bool:
    """Whether people have accepted in what it differed, and it still reads so."""
    return item.outcome == ItemOutcome.DIFFERS and item.verification_now == Shown.ACCEPTED


def left_over(run: VerificationRun) -> QuerySet[Payment]:
    """The payments that a run which has ended says nothing about."""
    rows: QuerySet[VerificationItem, Any] = VerificationItem.objects.filter(
        run_id=run.pk, outcome__in=LEFT_OVER
    )
    return Payment.objects.filter(pk__in=rows.values("payment_id"))
