"""Who is at a run: one worker at a time, for as long as it gives a heartbeat.

A claim is a token on the run. Whoever writes to the run writes through `held`, so a worker that was
taken for dead and was only slow can't overwrite what the next one has done.
"""

import uuid

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from payments.core.db.clock import database_now, is_over, recent
from payments.models import LONGEST_WAIT, OPEN_RUN, ReconciliationRun, RunStatus
from payments.services.runs import lease, no_answer, pause_after


class Interrupted(Exception):
    """The run was paused or stopped, or another worker has taken it over."""


def take(*, run_id: int) -> ReconciliationRun | None:
    """The run, claimed for this worker; one that died holds it for a lease at most."""
    now, token = database_now(), uuid.uuid4().hex
    free = ReconciliationRun.objects.filter(pk=run_id, status__in=OPEN_RUN)
    free = free.filter(Q(not_before=None) | is_over("not_before", now=now, at_most=LONGEST_WAIT))
    is_held = recent("seen_at", now=now, within=lease())
    free = free.filter(Q(claim="") | Q(seen_at=None) | ~is_held)
    began = Coalesce("started_at", now)
    if not free.update(claim=token, status=RunStatus.RUNNING, seen_at=now, started_at=began):
        return None
    return ReconciliationRun.objects.filter(pk=run_id, claim=token).first()


def held(*, run: ReconciliationRun) -> QuerySet[ReconciliationRun]:
    """The run as a row to update, if this worker still holds it and it may go on."""
    return ReconciliationRun.objects.filter(pk=run.pk, claim=run.claim, status__in=OPEN_RUN)


def save(*, run: ReconciliationRun, fields: dict[str, object]) -> None:
    """Write these fields, and a heartbeat. Raises Interrupted if the run may not go on."""
    if not held(run=run).update(seen_at=database_now(), **fields):
        raise Interrupted


def heartbeat(*, run: ReconciliationRun) -> None:
    """A worker is at it: before anything that may take long. Raises Interrupted like `save`."""
    save(run=run, fields={})


def release(*, run: ReconciliationRun) -> None:
    """The next turn may be anybody's."""
    ReconciliationRun.objects.filter(pk=run.pk, claim=run.claim).update(claim="")


def wait(*, run: ReconciliationRun, why: str) -> float | None:
    """Leave it alone for a while, longer each time; for how many seconds. None if it has ended."""
    pause = pause_after(run.silences)
    is_held = held(run=run).update(**no_answer(run=run, why=why))
    return pause.total_seconds() if is_held else None


def rest(*, run_id: int) -> float | None:
    """For how many seconds a run that can't be taken has to wait; None if it is not for us."""
    run, now = ReconciliationRun.objects.get(pk=run_id), database_now()
    return run.seconds_to_wait(now) or None if run.is_open else None
