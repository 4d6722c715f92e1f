"""Deliveries looked into again because somebody asks for it: who, when, and what came of it.

A replay is one more attempt of `attempts`, in a person's name, whatever came of the delivery
before; what the delivery has moved it keeps having moved. Few are done while the person waits
(`replay_now`), many wait in rows of their own for a worker (`replay_later`, `replay_waiting`).
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from payments.core.db.away import is_away
from payments.core.text import clean
from payments.models import DeliveryOutcome, WebhookDelivery, WebhookReplay
from payments.services.verification.silence_limit import SilenceLimit

from .attempts import Verdict, replay

logger = logging.getLogger(__name__)

CHUNK = 1_000


def replay_now(
    *, deliveries: Sequence[WebhookDelivery], actor: AbstractBaseUser
) -> list[WebhookReplay]:
    """Look into a few again, one after the other: the replays, those without a turn not done.

    Stops asking a gateway that does not answer. The rest are left to `replay_waiting`.
    """
    replays = _recorded(deliveries, actor, uuid.uuid4().hex)
    _work(replays, deadline=None)
    return replays


def replay_later(
    *,
    deliveries: Iterable[WebhookDelivery],
    actor: AbstractBaseUser,
    enqueue: Callable[[], object],
) -> str:
    """Write down that these are to be looked into again, and queue the work: the batch's name."""
    batch = uuid.uuid4().hex
    with transaction.atomic():
        _recorded(deliveries, actor, batch)
        enqueue()
    return batch


def _recorded(
    deliveries: Iterable[WebhookDelivery], actor: AbstractBaseUser, batch: str
) -> list[WebhookReplay]:
    now = timezone.now()
    rows = [
        WebhookReplay(delivery=delivery, batch=batch, actor_id=actor.pk, asked_at=now)
        for delivery in deliveries
    ]
    return WebhookReplay.objects.bulk_create(rows, batch_size=CHUNK)


def replay_waiting(*, seconds: float) -> bool:
    """Do the replays that wait, for about so many seconds; whether more of them can be done now."""
    deadline = time.monotonic() + seconds
    while True:
        waiting = WebhookReplay.objects.filter(done_at=None).order_by("pk")
        replays = list(waiting.select_related("delivery__payment", "actor")[:CHUNK])
        if not replays:
            return False
        if not _work(replays, deadline=deadline):
            return time.monotonic() >= deadline


def _work(replays: Iterable[WebhookReplay], *, deadline: float | None) -> bool:
    """Do these; False if it stopped early, for want of time or of answers."""
    limit = SilenceLimit()
    for waiting in replays:
        if limit.is_reached or (deadline is not None and time.monotonic() >= deadline):
            return False
        _do(waiting)
        limit.count(is_answered=waiting.outcome != DeliveryOutcome.FAILED)
    return True


def _do(waiting: WebhookReplay) -> None:
    try:
        verdict = replay(delivery=waiting.delivery, actor=waiting.actor)
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("a replay failed", extra={"delivery": waiting.delivery_id})
        verdict = Verdict(outcome=DeliveryOutcome.FAILED, error=repr(error))
    waiting.outcome, waiting.error = verdict.outcome, clean(verdict.error)
    waiting.done_at = timezone.now()
    # Of two workers who did the same one, the first has its word.
    undone = WebhookReplay.objects.filter(pk=waiting.pk, done_at=None)
    undone.update(outcome=waiting.outcome, error=waiting.error, done_at=waiting.done_at)
