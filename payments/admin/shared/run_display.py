"""How a run of any kind is shown: its status, who asked for it, what it is doing or waits for.

To give a status another look, change `RUN_LOOKS`. A `RunState` that every kind puts into the same
words has its sentence in `_SENTENCES`; what only one kind says is in that kind's `display`.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from payments.core.money import with_separators
from payments.models import ReconciliationRun, Run, RunStatus
from payments.selectors.reconciliation import figure
from payments.selectors.runs import RunState

from .display import badge, duration
from .links import row_page

RUN_LOOKS = {
    RunStatus.WAITING: "wait",
    RunStatus.RUNNING: "note",
    RunStatus.PAUSED: "wait",
    RunStatus.STOPPED: "quiet",
    RunStatus.DONE: "good",
}


def run_url(run: Run) -> str:
    """The page of a run."""
    return row_page(run.pk, str(run._meta.model_name))


def run_badge(run: Run) -> SafeString:
    """Its status."""
    status = RunStatus(run.status)
    return badge(RUN_LOOKS[status], status.label)


def asker(run: Run) -> str:
    """Who asked for it: a person, a command of the server, or the schedule, which has no name."""
    if run.requested_by_id:
        return run.requested_name
    return _("Command line") if run.requested_name else pgettext("run", "By the clock")


def state_sentence(run: Run, state: RunState, now: datetime) -> str:
    """What it is doing now, or waits for, where every kind says it in the same words."""
    return _SENTENCES[state](run, now)


def _stalled(run: Run, now: datetime) -> str:
    words = _("No worker has touched it for %(time)s. It goes on where it stood when one does.")
    return words % {"time": duration((now - run.last_seen_at).total_seconds())}


_SENTENCES: dict[RunState, Callable[[Run, datetime], str]] = {
    RunState.FOR_WORKER: lambda run, now: _("It starts as soon as a worker is free."),
    RunState.STALLED: _stalled,
    RunState.PAUSED: lambda run, now: _("Nothing new is asked until somebody resumes it."),
}


def without_answer(run: ReconciliationRun) -> str:
    """How many payments a reconciliation knows nothing about; "" if there is none."""
    if not (unknown := figure(run, "unknown")):
        return ""
    words = ngettext(
        "Nothing is known about %(number)s payment, because the gateway gave no answer.",
        "Nothing is known about %(number)s payments, because the gateway gave no answer.",
        unknown,
    )
    return words % {"number": with_separators(unknown)}
