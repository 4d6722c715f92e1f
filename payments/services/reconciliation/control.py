"""Reconciliations: asked for, paused, gone on with, stopped, as any run is (`services.runs`)."""

from datetime import date, datetime
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.core import kst
from payments.errors import NotAllowed
from payments.models import ReconciliationRun
from payments.services import runs
from payments.services.runs import Enqueue, pause

from .counters import count_again

LONGEST = 366  # days

ORDER = _("The first day is after the last one.")
FUTURE = _("Days that have not begun can't be reconciled yet.")
TOO_LONG = _("At most 366 days at once. Choose a shorter time, or start several.")

__all__ = ["Enqueue", "pause", "resume", "stalled", "start", "stop"]


def start(
    *,
    first_day: date,
    last_day: date,
    actor: AbstractBaseUser | None,
    enqueue: Enqueue,
    command: str = "",
) -> ReconciliationRun:
    """A run over these Korean days, both included. Raises NotAllowed with words for the person.

    Of a day that is not over yet, what happened until the run begins. `command` is what asks where
    no `actor` does; without either it is the schedule.
    """
    now = timezone.now()
    if first_day > last_day:
        raise NotAllowed(ORDER)
    if last_day > kst.day_of(now):
        raise NotAllowed(FUTURE)
    if (last_day - first_day).days >= LONGEST:
        raise NotAllowed(TOO_LONG)
    with transaction.atomic():
        asked = runs.requested(actor=actor, command=command, now=now)
        run = ReconciliationRun.objects.create(first_day=first_day, last_day=last_day, **asked)
        enqueue(run.pk)
    return run


def resume(*, run: ReconciliationRun, enqueue: Enqueue) -> None:
    """Go on where it stood. Raises Conflict if it was not paused."""
    runs.resume(run=run, enqueue=partial(enqueue, run.pk))


def stop(*, run: ReconciliationRun) -> None:
    """End it; what comes after its cursor is not compared. Raises Conflict if it has ended."""
    with transaction.atomic():
        runs.stop(run=run)
        # Its worker may be dead, and may have filed something since it last saved the figures.
        run.refresh_from_db()
        count_again(run=run)


def stalled(*, now: datetime) -> list[int]:
    """Runs that should be going on and that no worker has touched for a lease: queue them again."""
    return runs.stalled(runs=ReconciliationRun.objects.all(), now=now)
