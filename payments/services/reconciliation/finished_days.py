"""Which reconciliation a finished day is closed on: asked for by the clock until one is enough.

A run that is through can have payments about which the gateway gave no answer. A day is not closed
on those: the whole day is compared again, after pauses that grow, for a day at the most.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from payments.core import kst
from payments.core.db.clock import database_now
from payments.models import ReconciliationRun, RunStatus
from payments.selectors.reconciliation import figure

from .control import Enqueue, start

# From one run over a day to the next. A gateway in trouble is mostly well again within minutes;
# where it is not, each run reads the whole day anew, so it is left alone for longer each time.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (10, 20, 40, 80, 120))
# One payment that can never be read must not hold up the books for ever, and a gateway's outage is
# over by then. What is still unknown stays on the run's page, and the close says so.
TRY_FOR = timedelta(hours=24)


def of_finished_day(*, day: date, enqueue: Enqueue) -> ReconciliationRun:
    """The newest run over exactly this day that began after its end; a new one where it is time.

    It is if there is none, or if the newest left payments unknown a while ago. One that a person
    stopped counts as none: a day is closed on a comparison that went to its end.
    """
    runs = _runs_over(day)
    if runs and not _is_time_again(runs):
        return runs[-1]
    return start(first_day=day, last_day=day, actor=None, enqueue=enqueue)


def is_enough(*, run: ReconciliationRun) -> bool:
    """Whether its day can be closed on this run: it is through, and knows all that can be known."""
    if run.status != RunStatus.DONE:
        return False
    return not figure(run, "unknown") or _is_last(run, _runs_over(run.first_day))


def _runs_over(day: date) -> list[ReconciliationRun]:
    """In the order in which they were asked for."""
    runs = ReconciliationRun.objects.filter(first_day=day, last_day=day)
    runs = runs.filter(requested_at__gte=kst.end_of(day)).exclude(status=RunStatus.STOPPED)
    return list(runs.order_by("pk"))


def _is_time_again(runs: Sequence[ReconciliationRun]) -> bool:
    newest = runs[-1]
    if newest.status != RunStatus.DONE or not figure(newest, "unknown") or _is_last(newest, runs):
        return False
    pause = PAUSES[min(len(runs), len(PAUSES)) - 1]
    now, ended_at = database_now(), newest.finished_at or newest.requested_at
    # Also if it seems to have ended far ahead: the clock was set back since.
    return abs(now - ended_at) >= pause or now >= runs[0].requested_at + TRY_FOR


def _is_last(run: ReconciliationRun, runs: Sequence[ReconciliationRun]) -> bool:
    """Whether nothing is tried after this one.

    By when it was asked for: a day on which no worker ran is no day of trying.
    """
    return bool(runs) and run.requested_at >= runs[0].requested_at + TRY_FOR
