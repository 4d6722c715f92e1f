"""What verification runs changed: how many payments became what, and the won that moved by it.

Read from what a run wrote down itself when it moved a payment, so it stays true whatever becomes of
the payment later. The index by run and outcome leads to the payments that it may have moved.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from payments.models import ItemChange, ItemOutcome, VerificationItem

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


def changes_of(run_ids: Iterable[int]) -> dict[int, list[Change]]:
    """What several runs changed, each in the order of `ItemChange`; in one query."""
    ids = list(run_ids)
    rows = VerificationItem.objects.filter(run_id__in=ids, outcome__in=_MAY_HAVE_MOVED).order_by()
    # What does not agree has moved only if it says so.
    rows = rows.exclude(outcome=ItemOutcome.DIFFERS, became="")
    counted = rows.values("run_id", "became").annotate(number=Count("pk"), won=Sum("moved_amount"))
    found: dict[int, list[Change]] = {pk: [] for pk in ids}
    for row in sorted(counted, key=lambda row: _place(row["became"])):
        became = ItemChange(row["became"]) if row["became"] else None
        found[row["run_id"]].append(Change(became, row["number"], row["won"]))
    return found


def _place(became: str) -> int:
    return [*ItemChange.values, ""].index(became)
