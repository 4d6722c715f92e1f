"""When to stop asking a gateway that gives no answer: one rule for staff, runs, sweeps, webhooks.

A silent gateway costs its time-out with every question, so after a few failures in a row the rest
is left for later. Whoever asks about one thing after the other keeps a `SilenceLimit` and counts
each answer.
"""

CONSECUTIVE_FAILURES = 3


class SilenceLimit:
    """Counts the questions in a row that got no answer."""

    def __init__(self) -> None:
        self._failures = 0
        self._has_answered = False

    @property
    def is_answered(self) -> bool:
        """Whether the last question got an answer."""
        return self._has_answered and not self._failures

    @property
    def is_reached(self) -> bool:
        """Whether the rest is better left alone."""
        return self._failures >= CONSECUTIVE_FAILURES

    def count(self, *, is_answered: bool) -> None:
        """What came of one question; any answer makes up for all failures before it."""
        self._failures = 0 if is_answered else self._failures + 1
        self._has_answered = self._has_answered or is_answered
