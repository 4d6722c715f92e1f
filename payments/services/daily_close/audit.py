"""Proof that nobody has changed a close or what it stands on: all of it recomputed.

Figures, hashes and the chain, and whether each movement that was closed is there still. What was
learnt of a day afterwards is no flaw (`selectors.daily_close.closes.drift`). To check one more
thing about a close, add a `Flaw` and look for it in `flaws_of`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from payments.core import hashing
from payments.models import DailyClose
from payments.selectors.daily_close.closes import ONE_DAY, figures_then
from payments.selectors.daily_close.lines import figures_of_lines, lines_of

from .close import close_hash

# Each holds the lines of a whole day.
BATCH = 5


class Flaw(TextChoices):
    """What does not hold: the value is for the command line, the label for a screen."""

    LINES = "the lines were changed", _("The movements kept with this close were changed.")
    FIGURES = (
        "the figures are not those of the lines",
        _("The figures are not what the movements kept with this close add up to."),
    )
    GONE = (
        "movements that were closed are gone",
        _("Movements that were closed with this day are gone or were changed."),
    )
    CLOSE = "the close was changed", _("This close was changed after it was written.")
    CHAIN = (
        "the close does not follow its predecessor",
        _("This close does not follow from the close of the day before."),
    )
    GAP = "closes before this one are gone", _("Closes of days before this one are gone.")


@dataclass(frozen=True, slots=True)
class CloseProblem:
    """One thing that does not hold about one day."""

    day: date
    flaw: Flaw

    def __str__(self) -> str:
        return f"{self.day}: {self.flaw.value}"


def audit_closes() -> Iterator[CloseProblem]:
    """Everything that does not hold, day by day. Memory stays flat."""
    before: DailyClose | None = None
    for close in DailyClose.objects.order_by("day").iterator(chunk_size=BATCH):
        for flaw in flaws_of(close=close, before=before, now=lines_of(close.day)):
            yield CloseProblem(close.day, flaw)
        before = close


def flaws_of(*, close: DailyClose, before: DailyClose | None, now: str) -> Iterator[Flaw]:
    """What does not hold about one close. `before` is the close before it by day, `now` are the
    lines of its day as the movements give them today.
    """
    if close.content_hash != hashing.of_text(close.lines):
        yield Flaw.LINES
    elif not _adds_up(close):
        yield Flaw.FIGURES
    if now != close.lines and not set(close.lines.splitlines()) <= set(now.splitlines()):
        yield Flaw.GONE
    if close.hash != close_hash(close=close):
        yield Flaw.CLOSE
    if close.previous_hash != (before.hash if before else ""):
        yield Flaw.CHAIN
    if before and close.day != before.day + ONE_DAY:
        yield Flaw.GAP


def _adds_up(close: DailyClose) -> bool:
    try:
        then = figures_then(close)
        lines = figures_of_lines(close.lines, refunded_later=close.refunded_later)
    except (KeyError, TypeError, ValueError):  # what no close has written
        return False
    return lines == then and close.net == then.sums.net
