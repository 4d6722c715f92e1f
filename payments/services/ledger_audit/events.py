"""What does not hold about the events of one payment: numbers, hashes, amounts, projection."""

from collections.abc import Iterator, Sequence
from typing import Any

from payments.ledger import encode, event_hash, rebuilt
from payments.states import EventKind

from .rows import EventRow, PaymentRow

# Whose amount is the won that their answer moved.
_MOVES = {EventKind.PAID, EventKind.CANCELLED, EventKind.REFUND_CHANGED}
# What the gateway said, by the number of the event that keeps it.
Answers = dict[int, dict[str, Any]]


def chain(*, payment: PaymentRow, events: Sequence[EventRow]) -> Iterator[str]:
    """Every event is there, follows the one before it, and is as it was written."""
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


def projection(*, payment: PaymentRow, events: Sequence[EventRow]) -> Iterator[str]:
    """The payment is what its events add up to."""
    expected, found = rebuilt(events), encode(payment.facts)
    if expected == found:
        return
    for name, value in found.items():
        if expected.get(name) != value:
            yield f"{name} is {value!r}, its events say {expected.get(name)!r}"


def amounts(*, events: Sequence[EventRow], answers: Answers) -> Iterator[str]:
    """What moved by an event is what the answer says that is kept in it."""
    refunded, own = 0, None
    for event in events:
        own = event.changes.get("imp_uid", own)
        answer = answers.get(event.sequence)
        if answer is None or event.kind not in _MOVES or _is_of_another(event, own):
            continue
        is_paid = event.kind == EventKind.PAID
        total = int(answer.get("cancel_amount") or 0)
        expected = answer.get("amount") if is_paid else refunded - total
        if event.amount != expected:
            yield f"event {event.sequence} says {event.amount}, its answer {expected}"
        refunded = refunded if is_paid else total


def _is_of_another(event: EventRow, own: str | None) -> bool:
    """Refunds of another attempt that a person has confirmed: no won of the order moved."""
    return event.kind == EventKind.REFUND_CHANGED and event.imp_uid != own
