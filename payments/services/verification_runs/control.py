"""Verification runs: asked for, paused, gone on with, stopped.

Asking for one writes its payments down and queues its tasks in one transaction, so a run never
exists without its work. What a worker does with it is in `worker`, what holds for any run in
`services.runs`.
"""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from payments.core.db.rows import insert_from
from payments.core.text import clean
from payments.errors import NotAllowed
from payments.models import ItemOutcome, Payment, VerificationItem, VerificationRun
from payments.services import runs
from payments.services.runs import Enqueue, pause, resume, stop

NOTHING = _("No payment matches. Nothing was started.")

__all__ = ["Enqueue", "pause", "resume", "stalled", "start", "stop"]


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
        asked = runs.requested(actor=actor, command=command)
        run = VerificationRun.objects.create(query=clean(query), **asked)
        run.total = _fill(run, payments)
        if not run.total:
            raise NotAllowed(NOTHING)
        run.save(update_fields=["total"])
        runs.queue_turns(run=run, enqueue=enqueue)
    return run


def _fill(run: VerificationRun, payments: QuerySet[Payment]) -> int:
    constants = {
        "run": run.pk,
        "outcome": ItemOutcome.WAITING,
        "became": "",
        "moved_amount": 0,
        "findings": "",
        "attempts": 0,
        "claim": "",
        "error": "",
    }
    return insert_from(
        model=VerificationItem, source=payments, column="payment", constants=constants
    )


def stalled(*, now: datetime) -> list[int]:
    """Runs that should be going on and that no worker has touched for a lease: queue them again."""
    return runs.stalled(runs=VerificationRun.objects.all(), now=now)
