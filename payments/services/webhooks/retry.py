"""Deliveries again: those that failed, that nobody finished, or that came before their payment."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from payments.core.db.away import is_away
from payments.core.db.clock import is_over
from payments.iamport import IDS_PER_CALL
from payments.models import UNSETTLED, DeliveryOutcome, WebhookDelivery
from payments.services.verification.silence_limit import SilenceLimit

from .attempts import LONGEST_PAUSE, Asked, ask, process

logger = logging.getLogger(__name__)

# How many deliveries are tried again in one go.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryResult:
    """How many deliveries were looked at to the end, failed again, and are given up with that.

    `failed` counts those of which the gateway does not know the payment yet as well.
    """

    settled: int = 0
    failed: int = 0
    given_up: int = 0


def retry_failed(*, now: datetime, seconds: float) -> RetryResult:
    """Take up deliveries whose turn it is, for about so many seconds.

    Those that wait longest come first. One that fails has its next turn later, so it never keeps
    the rest from theirs; while the gateway is silent all of them wait, and it costs none of them
    an attempt.
    """
    deadline, limit = time.monotonic() + seconds, SilenceLimit()
    counts: Counter[str] = Counter()
    is_due = is_over("next_attempt_at", now=now, at_most=LONGEST_PAUSE)
    due = WebhookDelivery.objects.filter(is_due, outcome__in=UNSETTLED)
    pks = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:AT_ONCE])
    for start in range(0, len(pks), IDS_PER_CALL):
        deliveries = _afresh(pks[start : start + IDS_PER_CALL])
        asked = ask(deliveries=deliveries)
        if asked.is_silent:
            break  # nobody's attempt: they are looked at as soon as it answers
        for delivery in deliveries:
            if limit.is_reached or time.monotonic() >= deadline:
                return RetryResult(**counts)
            is_answered = _try_again(delivery, asked)
            limit.count(is_answered=is_answered)
            counts["settled" if delivery.outcome not in UNSETTLED else "failed"] += 1
            counts["given_up"] += delivery.is_given_up
    return RetryResult(**counts)


def _afresh(pks: Sequence[int]) -> list[WebhookDelivery]:
    """As they stand now, which may be settled: those before them took their time."""
    rows = WebhookDelivery.objects.select_related("payment").in_bulk(pks)
    return [rows[pk] for pk in pks if pk in rows and rows[pk].outcome in UNSETTLED]


def _try_again(delivery: WebhookDelivery, asked: Asked) -> bool:
    """Process it once more; False if the gateway gave no answer about it."""
    try:
        return process(delivery=delivery, asked=asked).outcome != DeliveryOutcome.FAILED
    except Exception as error:
        if is_away(error):
            raise
        # Kept with the delivery; the next one may well go through.
        logger.exception("a webhook failed again", extra={"delivery": delivery.pk})
        return True
