"""Reconciliations as screens read them: a run's figures (`figures`), what it says in won."""

from .figures import (
    differences_of,
    discrepancies_of,
    figure,
    last_done,
    last_over,
    ours_called,
    reconciliation_state,
    still_open,
    under_way,
)
from .won import Compared, Figure, WonTable, cases_of, lines_of, won_of_days, won_of_run

__all__ = [
    "Compared",
    "Figure",
    "WonTable",
    "cases_of",
    "differences_of",
    "discrepancies_of",
    "figure",
    "last_done",
    "last_over",
    "lines_of",
    "ours_called",
    "reconciliation_state",
    "still_open",
    "under_way",
    "won_of_days",
    "won_of_run",
]
