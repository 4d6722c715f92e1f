"""What is removed after a while: deliveries on which nothing depends, by what came of them.

Never removed: what moved a payment, what does not agree, what could not be processed or still
waits. To remove another outcome: `_terms`; its terms are settings.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from payments import conf
from payments.models import STRANGE, DeliveryOutcome, WebhookDelivery

# Rows removed with one statement.
CHUNK = 1_000


def forget(*, now: datetime, seconds: float) -> int:
    """Remove what is older than its term, for about so many seconds; how many deliveries.

    What is left over has its turn the next time.
    """
    deadline, removed = time.monotonic() + seconds, 0
    for outcome, term in _terms():
        newest = _newest_before(now - term)
        rows = WebhookDelivery.objects.filter(outcome=outcome, pk__lte=newest).order_by("pk")
        while pks := list(rows.values_list("pk", flat=True)[:CHUNK]):
            # The outcome again: one that was replayed meanwhile may have moved a payment.
            old = WebhookDelivery.objects.filter(pk__in=pks, outcome=outcome)
            removed += old.delete()[1].get(WebhookDelivery._meta.label, 0)
            if time.monotonic() >= deadline:
                return removed
    return removed


def _terms() -> Iterator[tuple[DeliveryOutcome, timedelta]]:
    terms = conf.webhooks()
    if terms.keep_strange is not None:
        yield from ((outcome, terms.keep_strange) for outcome in STRANGE)
    if terms.keep_harmless is not None:
        yield DeliveryOutcome.HARMLESS, terms.keep_harmless


def _newest_before(moment: datetime) -> int:
    """The newest delivery from before: ids grow with time, and each outcome's index goes by id."""
    old = WebhookDelivery.objects.filter(received_at__lt=moment).order_by("-received_at")
    return old.values_list("pk", flat=True).first() or 0
