"""Proof that nobody has changed the ledger: numbers, hashes, projection and movements, recomputed.

To check one more thing about a payment, add a generator to `problems_of`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Sum

from payments.core.days import read_day
from payments.iamport import ShapeError, read_payment
from payments.ledger import event_hash, projection, rebuilt
from payments.models import Movement, Payment, PaymentEvent
from payments.services.verification.movements import (
    Booked,
    Gone,
    RefundChange,
    Untimed,
    drafts,
)
from payments.states import EventKind

BATCH = 500
# Whose answers book money. Others may (a second approval, a history that came late): then a
# movement names them.
_MONEY = {EventKind.PAID, EventKind.CANCELLED, EventKind.REFUND_CHANGED}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold, in words for the person who runs the audit."""

    merchant_uid: str
    what: str

    def __str__(self) -> str:
        return f"{self.merchant_uid}: {self.what}" if self.merchant_uid else self.what


def audit() -> Iterator[Problem]:
    """Everything that does not hold, payment by payment. Memory stays flat."""
    for what in _strays():
        yield Problem("", what)
    payments = Payment.objects.order_by("pk").prefetch_related("events", "movements")
    for payment in payments.iterator(chunk_size=BATCH):
        for what in problems_of(payment):
            yield Problem(payment.merchant_uid, what)


def _strays() -> Iterator[str]:
    """Events whose payment is gone: each payment counts its own."""
    counted = Payment.objects.aggregate(total=Sum("version"))["total"] or 0
    found = PaymentEvent.objects.count()
    if found > counted:
        yield f"{found - counted} events belong to no payment that counts them"


def problems_of(payment: Payment) -> Iterator[str]:
    """What does not hold about one payment."""
    events = sorted(payment.events.all(), key=lambda event: event.sequence)
    movements = sorted(payment.movements.all(), key=lambda movement: movement.pk)
    yield from _chain(payment, events)
    yield from _projection(payment, events)
    yield from _amounts(events)
    yield from _movements(payment, events, movements)


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


def _amounts(events: list[PaymentEvent]) -> Iterator[str]:
    """What moved by an event, beside the answer that is kept in it."""
    refunded = 0
    for event in events:
        if event.kind not in _MONEY or not event.answer:
            continue
        answer = json.loads(event.answer)
        total = int(answer.get("cancel_amount") or 0)
        is_paid = event.kind == EventKind.PAID
        expected = answer.get("amount") if is_paid else refunded - total
        if event.amount != expected:
            yield f"event {event.sequence} says {event.amount}, its answer {expected}"
        refunded = refunded if is_paid else total


def _movements(
    payment: Payment, events: list[PaymentEvent], movements: list[Movement]
) -> Iterator[str]:
    net = sum(movement.amount for movement in movements if movement.is_own)
    if net != payment.net_amount:
        yield f"its movements add up to {net}, its net amount is {payment.net_amount}"
    named = {movement.event_sequence for movement in movements}
    answered = [event for event in events if event.answer]
    telling = [event for event in answered if event.kind in _MONEY or event.sequence in named]
    expected, found = _facts(_booked_anew(telling)), _facts(movements)
    yield from (f"no movement {key} of {amount}" for key, amount, *_ in expected - found)
    for key, amount, *_ in found - expected:
        yield f"movement {key} of {amount} is told by no answer"


def _booked_anew(events: Iterable[PaymentEvent]) -> list[Booked]:
    """The movements that these events' own answers lead to, one after the other."""
    standing: list[Booked] = []
    for event in events:
        is_own = event.kind != EventKind.DISCREPANCY
        try:
            answer = read_payment(event.answer_data)
            standing += drafts(
                answer=answer, standing=standing, is_own=is_own, change=_confirmed(event)
            )
        except (ShapeError, Gone, Untimed):
            # Such an answer has booked nothing: a movement that names it is told by none.
            continue
    return standing


def _confirmed(event: PaymentEvent) -> RefundChange | None:
    """What a person has said about refunds, as the event holds it."""
    if event.kind != EventKind.REFUND_CHANGED:
        return None
    return RefundChange(read_day(event.reason_code))


def _facts(rows: Iterable[Booked]) -> set[tuple[object, ...]]:
    return {
        (row.key, row.amount, row.kind, row.imp_uid, row.happened_at, row.is_own) for row in rows
    }
