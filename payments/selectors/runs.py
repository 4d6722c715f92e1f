"""What a run of any kind is doing now, by its own row alone: true whoever works on it.

To tell another way of being held up: a `RunState`, its condition here or, if only one kind knows
it, in that kind's selector, and its sentence in `admin.shared.run_display` or the kind's `display`.
"""

from datetime import datetime, timedelta
from enum import Enum

from payments import conf
from payments.core.db.clock import is_recent
from payments.models import Run, RunStatus


class RunState(Enum):
    """What a run is doing now, or waits for."""

    FOR_WORKER = "for_worker"
    WORKING = "working"
    FOR_GATEWAY = "for_gateway"
    # Of a verification run: whatever is left had no answer, and is asked about again later.
    FOR_NEXT_ATTEMPT = "for_next_attempt"
    # Of a reconciliation: both books are through; whatever is open is looked at once more.
    RECHECKING = "rechecking"
    STALLED = "stalled"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


_OF_STATUS = {
    RunStatus.WAITING: RunState.FOR_WORKER,
    RunStatus.PAUSED: RunState.PAUSED,
    RunStatus.STOPPED: RunState.STOPPED,
    RunStatus.DONE: RunState.DONE,
}


def run_state(run: Run, *, now: datetime) -> RunState:
    """What a run is doing now, or waits for, as far as every kind knows it."""
    if run.is_open and run.seconds_to_wait(now):
        return RunState.FOR_GATEWAY
    if run.status != RunStatus.RUNNING:
        return _OF_STATUS[RunStatus(run.status)]
    return RunState.STALLED if is_stalled(run, now=now) else RunState.WORKING


def is_stalled(run: Run, *, now: datetime) -> bool:
    """Whether it should be going on, and no worker has touched it for a lease."""
    if not run.is_open or run.seconds_to_wait(now):
        return False
    lease = timedelta(seconds=conf.runs().lease)
    return not is_recent(run.last_seen_at, now=now, within=lease)
