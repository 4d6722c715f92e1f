"""How the row of a discrepancy changes: opened, closed, and each change with its step.

For services that hold the row locked; they save it. What may happen when is decided there.
"""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean, clean_lines, filled
from payments.errors import NotAllowed
from payments.models import ClosingReason, Discrepancy, DiscrepancyStep, ReconciliationRun, StepKind

MIN_TEXT, MAX_TEXT = 5, 500

TEXT_NEEDED = filled(_("Say in at least %(limit)s characters what was found out."), limit=MIN_TEXT)
TOO_LONG = filled(_("The text has at most %(limit)s characters."), limit=MAX_TEXT)


def set_closed(*, row: Discrepancy, reason: ClosingReason) -> None:
    """Closed now, for this reason."""
    row.is_open, row.closed_at, row.closing_reason = False, timezone.now(), reason


def set_open(*, row: Discrepancy) -> None:
    """Open again, and news once more."""
    row.is_open, row.closed_at, row.closing_reason = True, None, ""
    row.times_opened += 1
    row.mailed_at = None


def add_step(
    *, row: Discrepancy, kind: StepKind, actor: AbstractBaseUser | None = None, **fields: Any
) -> None:
    """Keep what happened, with the figures as they stand; pages drawn before are out of date."""
    if kind is not StepKind.FOUND:
        row.version += 1
    DiscrepancyStep.objects.create(
        discrepancy=row,
        at=timezone.now(),
        kind=kind,
        actor_id=actor.pk if actor else None,
        actor_name=clean(str(actor), 254) if actor else "",
        ours=row.ours,
        theirs=row.theirs,
        **fields,
    )


def keep_who_saw(*, row: Discrepancy, run: ReconciliationRun | None) -> None:
    """That this run saw it, for good; None: it was no run. Once more changes nothing."""
    if run is not None:
        row.seen_by.add(run)


def checked_text(*, text: str) -> str:
    """What a person wrote, fit to be kept. Raises NotAllowed if it is too short or too long."""
    cleaned = clean_lines(text)
    if len(cleaned) < MIN_TEXT:
        raise NotAllowed(TEXT_NEEDED)
    if len(cleaned) > MAX_TEXT:
        raise NotAllowed(TOO_LONG)
    return cleaned
