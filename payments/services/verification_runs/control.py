"""Verification runs: asked for, paused, gone on with, stopped.

Asking for one writes its payments down and queues its tasks in one transaction, so a run never
exists without its work. What a worker does with it is in `bulk`. `enqueue` queues the task for a
run's id; it is handed in because tasks are built on services, not the other way round.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments import conf
from payments.core.db.rows import insert_from
from payments.core.text import clean
from payments.errors import Conflict, NotAllowed
from payments.models import (
    OPEN_RUN,
    ItemOutcome,
    Payment,
    Run,
    RunStatus,
    VerificationItem,
    VerificationRun,
)

NOTHING = _("No payment matches. Nothing was started.")
Enqueue = Callable[[int], object]


def start(
    *,
    payments: QuerySet[Payment],
    query: str,
    actor: AbstractBaseUser | None,
    enqueue: Enqueue,
    command: str = "",
) -> VerificationRun:
    """A run over exactly these payments, as they are selected now.

    `query` is the filter for people to read; `command` is what asks where no `actor` does. The
    payments are copied by the database itself, so a hundred thousand cost a second. Raises
    NotAllowed if there are none.
    """
    with transaction.atomic():
        run = VerificationRun.objects.create(
            requested_at=timezone.now(),
            requested_by_id=actor.pk if actor else None,
            requested_name=clean(str(actor), 254) if actor else command,
            query=clean(query),
        )
        run.total = _fill(run, payments)
        if not run.total:
            raise NotAllowed(NOTHING)
        run.save(update_fields=["total"])
        _queue(run, enqueue)
    return run


def _fill(run: VerificationRun, payments: QuerySet[Payment]) -> int:
    constants = {
        "run": run.pk,
        "outcome": ItemOutcome.WAITING,
        "findings": "",
        "attempts": 0,
        "claim": "",
        "error": "",
    }
    return insert_from(
        model=VerificationItem, source=payments, column="payment", constants=constants
    )


def _queue(run: VerificationRun, enqueue: Enqueue) -> None:
    """A task for each worker that may help; a small run needs one."""
    steps = -(-run.total // 1_000)
    for _number in range(max(1, min(conf.runs().workers, steps))):
        enqueue(run.pk)


def pause(*, run: Run) -> None:
    """Let the calls under way come in, make no new ones. Raises Conflict if it is not going on."""
    move(run=run, allowed=OPEN_RUN, status=RunStatus.PAUSED)


def resume(*, run: VerificationRun, enqueue: Enqueue) -> None:
    """Go on where it stood. Raises Conflict if it was not paused."""
    with transaction.atomic():
        move(run=run, allowed=(RunStatus.PAUSED,), status=RunStatus.RUNNING)
        _queue(run, enqueue)


def stop(*, run: Run) -> None:
    """End it; what is not settled stays open in its list. Raises Conflict if it has ended."""
    allowed = (*OPEN_RUN, RunStatus.PAUSED)
    move(run=run, allowed=allowed, status=RunStatus.STOPPED, finished_at=timezone.now())


def move(
    *,
    run: Run,
    allowed: Sequence[RunStatus],
    status: RunStatus,
    finished_at: datetime | None = None,
) -> None:
    """A run of any kind into another status. Raises Conflict unless it is in an `allowed` one."""
    # Compare and set: of two people who press, one is told that somebody was first.
    mine = type(run)._default_manager.filter(pk=run.pk, status__in=allowed)
    if not mine.update(status=status, finished_at=finished_at):
        raise Conflict
    run.status = status


def forgotten(*, now: datetime) -> list[int]:
    """Runs that should be going on and that no worker has touched for a lease: queue them again."""
    return silent(runs=VerificationRun.objects.all(), now=now)


def silent(*, runs: QuerySet[Any], now: datetime) -> list[int]:
    """Those of `runs` that are open, need not wait, and have given no sign of life for a lease."""
    lease = conf.runs().lease
    return [
        run.pk
        for run in runs.filter(status__in=OPEN_RUN)
        if (now - (run.seen_at or run.requested_at)).total_seconds() > lease
        and (run.not_before is None or run.not_before <= now)
    ]
