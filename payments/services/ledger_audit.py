"""Proof that nobody has changed the ledger: numbers, hashes and the projection, all recomputed.

To check one more thing about a payment, add a generator to `problems_of`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from payments.ledger import event_hash, projection, rebuilt
from payments.models import Payment, PaymentEvent

BATCH = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold, in words for the person who runs the audit."""

    merchant_uid: str
    what: str

    def __str__(self) -> str:
        return f"{self.merchant_uid}: {self.what}"


def audit() -> Iterator[Problem]:
    """Everything that does not hold, payment by payment. Memory stays flat."""
    payments = Payment.objects.order_by("pk").prefetch_related("events")
    for payment in payments.iterator(chunk_size=BATCH):
        for what in problems_of(payment):
            yield Problem(payment.merchant_uid, what)


def problems_of(payment: Payment) -> Iterator[str]:
    """What does not hold about one payment."""
    events = sorted(payment.events.all(), key=lambda event: event.sequence)
    yield from _chain(payment, events)
    yield from _projection(payment, events)


def _chain(payment: Payment, events: list[PaymentEvent]) -> Iterator[str]:
    previous = ""
    for number, event in enumerate(events, start=1):
        if event.sequence != number:
            yield f"event {number} is missing (found {event.sequence})"
            return
        if event.previous_hash != previous:
            yield f"event {number} does not follow its predecessor"
        if event.hash != event_hash(event):
            yield f"event {number} was changed"
        previous = event.hash
    if payment.version != len(events) or payment.head_hash != previous:
        yield f"the newest events are gone: {payment.version} recorded, {len(events)} found"


def _projection(payment: Payment, events: list[PaymentEvent]) -> Iterator[str]:
    expected = rebuilt(events)
    for name, value in projection(payment).items():
        if expected.get(name) != value:
            yield f"{name} is {value!r}, its events say {expected.get(name)!r}"
