"""What holds for a run of any kind: asked for, paused, gone on with, stopped, and how it waits.

A kind's own `control` says what it takes to start one, its `claims` who may go on with it, its
`worker` what is done. Tasks are built on services, not the other way round: what queues one
(`Enqueue`) is handed in.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from payments import conf
from payments.core.db.clock import database_now
from payments.core.text import clean
from payments.errors import Conflict
from payments.models import LONGEST_WAIT, NOT_ENDED, OPEN_RUN, Run, RunStatus
from payments.selectors.runs import is_stalled

# What is asked about without an answer so many times is let be: unknown.
ATTEMPTS = 8
LONGEST_PAUSE = LONGEST_WAIT.total_seconds()

# Queues the task for a run's id.
Enqueue = Callable[[int], object]


def requested(
    *, actor: AbstractBaseUser | None, command: str, now: datetime | None = None
) -> dict[str, Any]:
    """The fields of a new run that say who asks for it: a person, a command, or the schedule."""
    return {
        "requested_at": now or database_now(),
        "requested_by_id": actor.pk if actor else None,
        "requested_name": clean(str(actor), 254) if actor else command,
    }


def pause(*, run: Run) -> None:
    """Let the calls under way come in, make no new ones. Raises Conflict if it is not going on."""
    _move(run, OPEN_RUN, RunStatus.PAUSED)


def queue_turns(*, run: Run, enqueue: Enqueue) -> None:
    """A task for each worker that may help."""
    for _number in range(min(conf.runs().workers, run.useful_workers) or 1):
        enqueue(run.pk)


def resume(*, run: Run, enqueue: Enqueue) -> None:
    """Go on where it stood. Raises Conflict if it was not paused."""
    with transaction.atomic():
        _move(run, (RunStatus.PAUSED,), RunStatus.RUNNING)
        queue_turns(run=run, enqueue=enqueue)


def stop(*, run: Run) -> None:
    """End it; what is not settled stays open in its list. Raises Conflict if it has ended."""
    _move(run, NOT_ENDED, RunStatus.STOPPED, finished_at=database_now())


def _move(
    run: Run, allowed: Sequence[RunStatus], status: RunStatus, finished_at: datetime | None = None
) -> None:
    # Compare and set: of two people who press, one is told that somebody was first.
    row = type(run)._default_manager.filter(pk=run.pk, status__in=allowed)
    if not row.update(status=status, finished_at=finished_at):
        raise Conflict
    run.status = status


def stalled(*, runs: QuerySet[Any], now: datetime) -> list[int]:
    """Those of `runs` that should be going on and that no worker has touched for a lease."""
    return [run.pk for run in runs.filter(status__in=OPEN_RUN) if is_stalled(run, now=now)]


def lease() -> timedelta:
    """How long a worker that gives no heartbeat keeps what it has claimed."""
    return timedelta(seconds=conf.runs().lease)


def pause_after(failures: int) -> timedelta:
    """How long to leave the gateway alone: doubling from one second up to a minute."""
    return timedelta(seconds=min(2.0**failures, LONGEST_PAUSE))


def no_answer(*, run: Run, why: str) -> dict[str, Any]:
    """The fields of a run once the gateway gave no answer again: it waits, longer each time."""
    return {
        "silences": run.silences + 1,
        "not_before": database_now() + pause_after(run.silences),
        "last_error": clean(why),
    }
