"""Many discrepancies at once, in the name of one person: assigned, or closed for one reason.

Each row is changed by `queue` in a transaction of its own, and only as the person saw it: whatever
has changed meanwhile is left alone, and holds up none of the others. To let something else happen
to many: a function here that tells `_each` what happens to one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from payments.core.text import filled
from payments.errors import Conflict, NotAllowed
from payments.models import ClosingReason, Discrepancy

from . import queue

# As many rows as a person can answer for with one reason.
MAX_ROWS = 500
TOO_MANY = filled(_("At most %(limit)s at once. Nothing was done; tick fewer."), limit=MAX_ROWS)


class Outcome(Enum):
    """How it ended for one of them."""

    DONE = "done"
    CHANGED = "changed"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Seen:
    """One of them as the page showed it."""

    pk: int
    version: int


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended for one of them, as it stands now; `why` where nothing was done."""

    discrepancy: Discrepancy
    outcome: Outcome
    why: str = ""


def assign_each(
    *, seen: Sequence[Seen], actor: AbstractBaseUser, owner: AbstractBaseUser | None
) -> list[Result]:
    """Make somebody the owner of each, or nobody. Raises NotAllowed if they are too many."""

    def assign(discrepancy: Discrepancy, version: int) -> Discrepancy:
        return queue.assign(
            discrepancy=discrepancy, actor=actor, owner=owner, expected_version=version
        )

    return _each(seen, assign)


def close_each(
    *, seen: Sequence[Seen], actor: AbstractBaseUser, reason: ClosingReason, text: str
) -> list[Result]:
    """Close each with this reason and text. Raises NotAllowed if they are too many."""

    def close(discrepancy: Discrepancy, version: int) -> Discrepancy:
        return queue.close(
            discrepancy=discrepancy,
            actor=actor,
            reason=reason,
            text=text,
            expected_version=version,
        )

    return _each(seen, close)


def _each(seen: Sequence[Seen], change: Callable[[Discrepancy, int], Discrepancy]) -> list[Result]:
    """What came of each, in their order; what is no row of the queue is left out."""
    versions = {one.pk: one.version for one in seen}
    if len(versions) > MAX_ROWS:
        raise NotAllowed(TOO_MANY)
    rows = Discrepancy.objects.in_bulk(list(versions))
    return [_tried(rows[pk], version, change) for pk, version in versions.items() if pk in rows]


def _tried(
    discrepancy: Discrepancy, version: int, change: Callable[[Discrepancy, int], Discrepancy]
) -> Result:
    try:
        return Result(change(discrepancy, version), Outcome.DONE)
    except Conflict as refusal:
        outcome, why = Outcome.CHANGED, str(refusal.message)
    except NotAllowed as refusal:
        outcome, why = Outcome.REFUSED, str(refusal.message)
    discrepancy.refresh_from_db()
    if not discrepancy.is_open:
        outcome, why = Outcome.CLOSED, str(queue.CLOSED_ALREADY)
    return Result(discrepancy, outcome, why)
