"""What people do with what does not agree: somebody owns it, closes it, opens it again.

Each change is a short transaction with a `DiscrepancyStep`, which stays for good. What the facts do
to it is in `cases`. To let something else happen to a discrepancy, add a `StepKind` and a function
that takes the row with `_changing`. How a row changes with its step is in `rows`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from payments.errors import Conflict, NotAllowed
from payments.locks import locked_discrepancy
from payments.models import ClosingReason, Discrepancy, StepKind

from .rows import add_step, checked_text, set_closed, set_open

# Reasons that say what the system itself has seen or done.
OWN_REASONS = (ClosingReason.AGREES, ClosingReason.TAKEN_IN)

CHANGED = _("This discrepancy has changed in the meantime. Look at it again, then decide.")
CLOSED_ALREADY = _("This discrepancy is closed already.")
OPEN_ALREADY = _("This discrepancy is open already.")
ONLY_BY_ITSELF = _("That reason is the system's own. Choose the one that is yours.")


def assign(
    *,
    discrepancy: Discrepancy,
    actor: AbstractBaseUser,
    owner: AbstractBaseUser | None,
    expected_version: int,
) -> Discrepancy:
    """Make somebody its owner, or nobody. Raises Conflict, or NotAllowed if it is closed."""
    with _changing(discrepancy, expected_version) as row:
        if not row.is_open:
            raise NotAllowed(CLOSED_ALREADY)
        row.owner_id = owner.pk if owner else None
        add_step(row=row, kind=StepKind.OWNED, actor=actor, text=str(owner) if owner else "")
    return row


def close(
    *,
    discrepancy: Discrepancy,
    actor: AbstractBaseUser,
    reason: ClosingReason,
    text: str,
    expected_version: int,
) -> Discrepancy:
    """Close it in the name of `actor`, who accepts it as it stands.

    As long as the figures that show its differences stay as they are, it stays closed. Raises
    Conflict, or NotAllowed with the reason.
    """
    if reason in OWN_REASONS:
        raise NotAllowed(ONLY_BY_ITSELF)
    text = checked_text(text=text)
    with _changing(discrepancy, expected_version) as row:
        if not row.is_open:
            raise NotAllowed(CLOSED_ALREADY)
        set_closed(row=row, reason=reason)
        row.lines.update(is_accepted=True)
        add_step(row=row, kind=StepKind.CLOSED, actor=actor, reason_code=reason, text=text)
    return row


def reopen(
    *, discrepancy: Discrepancy, actor: AbstractBaseUser, text: str, expected_version: int
) -> Discrepancy:
    """Open it again in the name of `actor`. Raises Conflict, or NotAllowed if it is open."""
    text = checked_text(text=text)
    with _changing(discrepancy, expected_version) as row:
        if row.is_open:
            raise NotAllowed(OPEN_ALREADY)
        set_open(row=row)
        row.lines.update(is_accepted=False)
        add_step(row=row, kind=StepKind.REOPENED, actor=actor, text=text)
    return row


@contextmanager
def _changing(discrepancy: Discrepancy, expected_version: int) -> Iterator[Discrepancy]:
    """The row, locked and as the person saw it; saved when the block ends."""
    with locked_discrepancy(discrepancy.pk) as row:
        if row.version != expected_version:
            raise Conflict(CHANGED)
        yield row
        row.save()
