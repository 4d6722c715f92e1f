"""Proof that nobody has changed a close: figures, hashes and the chain, all recomputed.

Whether the day's payments have moved since is another question (`selectors.closes.drift`). To check
one more thing about a close, add it to `problems_of`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from payments import hashing
from payments.models import DailyClose
from payments.selectors.closes import figures_then
from payments.selectors.day_lines import figures_of_lines

from .closing import close_hash

# Each holds the lines of a whole day.
BATCH = 5


@dataclass(frozen=True, slots=True)
class CloseProblem:
    """One thing that does not hold, in words for the person who runs the audit."""

    day: date
    what: str

    def __str__(self) -> str:
        return f"{self.day}: {self.what}"


def audit_closes() -> Iterator[CloseProblem]:
    """Everything that does not hold, day by day. Memory stays flat."""
    before: DailyClose | None = None
    for close in DailyClose.objects.order_by("day").iterator(chunk_size=BATCH):
        for what in problems_of(close=close, before=before):
            yield CloseProblem(close.day, what)
        before = close


def is_intact(*, close: DailyClose) -> bool:
    """Whether one close holds, its place after the close before included."""
    before = DailyClose.objects.filter(day__lt=close.day).order_by("-day").first()
    return not any(problems_of(close=close, before=before))


def problems_of(*, close: DailyClose, before: DailyClose | None) -> Iterator[str]:
    """What does not hold about one close. `before` is the close before it by day."""
    if close.content_hash != hashing.of_text(close.lines):
        yield "the lines were changed"
    elif not _adds_up(close):
        yield "the figures are not those of the lines"
    if close.hash != close_hash(close=close):
        yield "the close was changed"
    if close.previous_hash != (before.hash if before else ""):
        yield "the close does not follow its predecessor"
    if before and close.day != before.day + timedelta(days=1):
        yield f"the closes between {before.day} and this one are gone"


def _adds_up(close: DailyClose) -> bool:
    then = figures_then(close)
    try:
        return figures_of_lines(close.lines) == then and close.net == then.sums.net
    except ValueError:  # lines that are none, with a hash made for them
        return False
