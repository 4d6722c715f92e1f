"""Reconciliations: asked for, paused, gone on with, stopped, as any run is (`services.runs`)."""

from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.core import kst
from payments.core.days import validate_day
from payments.core.db.clock import database_now
from payments.errors import NotAllowed
from payments.models import ReconciliationRun
from payments.services import runs
from payments.services.runs import Enqueue, pause, resume

from .counters import count_again

LONGEST = 366  # days

__all__ = ["Enqueue", "pause", "resume", "stalled", "start", "stop"]


class DaysRefused(NotAllowed):
    """These days can't be compared. `field` is the argument of `start` that is to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def start(
    *,
    first_day: date,
    last_day: date,
    actor: AbstractBaseUser | None,
    enqueue: Enqueue,
    command: str = "",
) -> ReconciliationRun:
    """A run over these Korean days, both included. Raises DaysRefused with words for the person.

    Of a day that is not over yet, what happened until the run begins. `command` is what asks where
    no `actor` does; without either it is the schedule.
    """
    now = database_now()
    _check(first_day, last_day, today=kst.day_of(now))
    with transaction.atomic():
        asked = runs.requested(actor=actor, command=command, now=now)
        run = ReconciliationRun.objects.create(first_day=first_day, last_day=last_day, **asked)
        runs.queue_turns(run=run, enqueue=enqueue)
    return run


def _check(first_day: date, last_day: date, *, today: date) -> None:
    try:
        validate_day(first_day)
    except ValidationError as error:
        raise DaysRefused("first_day", " ".join(error.messages)) from None
    if first_day > last_day:
        raise DaysRefused("last_day", _("The first day is after the last one."))
    if last_day > today:
        raise DaysRefused("last_day", _("Days that have not begun can't be reconciled yet."))
    if (last_day - first_day).days >= LONGEST:
        words = _("At most %(limit)s days at once. Choose a shorter time, or start several.")
        raise DaysRefused("first_day", words % {"limit": LONGEST})


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
