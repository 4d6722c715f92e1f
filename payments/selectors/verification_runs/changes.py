"""What verification runs changed: how many payments became what, and the won that moved by it.

Read from what a run wrote down itself when it moved a payment, so it stays true whatever becomes of
the payment later. The index by run and outcome leads to the payments that it may have moved.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from payments.models import ItemChange, ItemOutcome, VerificationItem, VerificationRun

# An order that was paid twice has moved and differs.
_MAY_HAVE_MOVED = (ItemOutcome.MOVED, ItemOutcome.DIFFERS)


@dataclass(frozen=True, slots=True)
class Change:
    """So many payments of a run `became` this; None: brought up to date, their status stayed.

    `amount` is the won that moved by it: approvals positive, refunds negative.
    """

    became: ItemChange | None
    number: int
    amount: int

    @property
    def kept(self) -> list[str | int]:
        """As a run that is done keeps it."""
        return [self.became or "", self.number, self.amount]


def changes_of(runs: Iterable[VerificationRun]) -> dict[int, list[Change]]:
    """What several runs changed, each in the order of `ItemChange`.

    Kept by those that are done, of all others in one query.
    """
    found: dict[int, list[Change]] = {}
    ids = []
    for run in runs:
        if run.final_changes is None:
            ids.append(run.pk)
        else:
            found[run.pk] = _in_order(run.final_changes)
    return found | (_counted(ids) if ids else {})


def _counted(ids: list[int]) -> dict[int, list[Change]]:
    rows = VerificationItem.objects.filter(run_id__in=ids, outcome__in=_MAY_HAVE_MOVED).order_by()
    # What does not agree has moved only if it says so.
    rows = rows.exclude(outcome=ItemOutcome.DIFFERS, became="")
    sums = rows.values_list("run_id", "became").annotate(Count("pk"), Sum("moved_amount"))
    found: dict[int, list[Any]] = {pk: [] for pk in ids}
    for run_id, *change in sums:
        found[run_id].append(change)
    return {pk: _in_order(changes) for pk, changes in found.items()}


def _in_order(changes: list[Any]) -> list[Change]:
    order = [*ItemChange.values, ""]
    return [
        Change(ItemChange(became) if became else None, number, amount)
        for became, number, amount in sorted(changes, key=lambda change: order.index(change[0]))
    ]
