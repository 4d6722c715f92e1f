"""When to stop asking a gateway that says nothing: one rule for staff, runs and sweeps.

A silent gateway costs its time-out with every question, so after a few in a row the rest is left
for later. Whoever asks about one thing after the other keeps a `Patience` and notes each answer.
"""

SILENT_AT_MOST = 3


class Patience:
    """Counts the questions without an answer, in a row."""

    def __init__(self) -> None:
        self._silent = 0

    @property
    def is_over(self) -> bool:
        """Whether the rest is better left alone."""
        return self._silent >= SILENT_AT_MOST

    def note(self, *, silent: bool) -> None:
        """What came of one question; any answer makes up for all silence before it."""
        self._silent = self._silent + 1 if silent else 0
