"""What does not hold about the movements of one payment: all are booked anew from the answers.

The answers are gone through in their order and booked by the ledger's own rules; what that gives
must be what stands, fact by fact. Not compared are words (reason, receipt): a very long answer is
kept without them.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from payments.core.days import read_day
from payments.core.kst import day_of
from payments.core.money import WON
from payments.iamport import ShapeError, read_money, read_payment
from payments.ledger import Draft
from payments.services.verification.compare import contradictions
from payments.services.verification.movements import Gone, RefundChange, Untimed, drafts
from payments.states import APPROVED, EventKind, Finding, PaymentStatus

from .events import Answers
from .rows import EventRow, MovementRow, PaymentRow

_FACTS = attrgetter(
    *("key", "amount", "kind", "imp_uid", "happened_at", "is_own", "is_derived", "is_test"),
    *("pay_method", "pg_provider", "pg_id", "pg_tid", "external_id", "approved_on"),
)
Fact = tuple[Any, ...]


def net(*, payment: PaymentRow, movements: Sequence[MovementRow]) -> Iterator[str]:
    """The own attempt's movements are what is left of the payment."""
    found = sum(movement.amount for movement in movements if movement.is_own)
    if found != payment.net_amount:
        yield f"its movements add up to {found}, its net amount is {payment.net_amount}"


def learnt(*, events: Sequence[EventRow], movements: Sequence[MovementRow]) -> Iterator[str]:
    """Each movement names an event of this payment, its time and its own Korean day."""
    times = {event.sequence: event.recorded_at for event in events}
    for movement in movements:
        recorded_at = times.get(movement.event_sequence)
        if recorded_at is None:
            yield f"movement {movement.key} names event {movement.event_sequence}: there is none"
        elif recorded_at != movement.observed_at:
            yield f"movement {movement.key} was learnt at another time than its event"
        if movement.day != day_of(movement.happened_at):
            yield f"movement {movement.key} is on {movement.day}, but did not happen then"


def booked(
    *,
    payment: PaymentRow,
    events: Sequence[EventRow],
    answers: Answers,
    movements: Sequence[MovementRow],
) -> Iterator[str]:
    """What stands is what the answers tell, no more, no less, each with its event."""
    expected = [
        (*_FACTS(draft), sequence) for sequence, draft in _booked_anew(payment, events, answers)
    ]
    found = [(*_FACTS(row), _first_of(row.event_sequence, events)) for row in movements]
    if expected == found:
        return
    for key, amount, *_ in set(expected) - set(found):
        yield f"no movement {key} of {amount}"
    for key, amount, *_ in set(found) - set(expected):
        yield f"movement {key} of {amount} is told by no answer"


def _booked_anew(
    payment: PaymentRow, events: Sequence[EventRow], answers: Answers
) -> list[tuple[int, Draft]]:
    """The movements that these events' own answers lead to, with the numbers of the events."""
    new: list[tuple[int, Draft]] = []
    own, ordered_at = None, payment.facts["requested_at"]
    for event in events:
        own = event.changes.get("imp_uid", own)
        is_second = _is_of_another_attempt(event, own)
        if event.sequence not in answers or not (is_second or _may_book(event)):
            continue
        standing = [draft for _sequence, draft in new]
        try:
            booked = _booked_by(event, answers[event.sequence], standing, ordered_at, is_second)
        except (ShapeError, Gone, Untimed):
            # Such an answer has booked nothing: a movement that names it is told by none.
            continue
        new += ((_first_of(event.sequence, events), draft) for draft in booked)
    return new


def _booked_by(
    event: EventRow,
    answer: dict[str, Any],
    standing: Sequence[Draft],
    ordered_at: Any,
    is_second: bool,
) -> tuple[Draft, ...]:
    change = _confirmed(event)
    if not is_second:
        money = read_money(answer)
        return drafts(answer=money, standing=standing, is_own=True, change=change)
    # Of another attempt it is asked whether what is told of it can be true.
    told = read_payment(answer)
    if told.currency != WON or contradictions(
        answer=told, ordered_at=ordered_at, now=event.recorded_at
    ):
        return ()
    return drafts(answer=told, standing=standing, is_own=False, change=change)


def _may_book(event: EventRow) -> bool:
    """An answer that was taken for agreeing; of a paid one it says nothing that is new."""
    if event.kind == EventKind.CONFIRMED:
        return event.status_after == PaymentStatus.CANCELLED
    return event.kind in {EventKind.PAID, EventKind.CANCELLED, EventKind.REFUND_CHANGED}


def _confirmed(event: EventRow) -> RefundChange | None:
    """What a person has said about refunds, as the event holds it."""
    if event.kind != EventKind.REFUND_CHANGED:
        return None
    return RefundChange(event.imp_uid, read_day(event.reason_code))


def _is_of_another_attempt(event: EventRow, own: str | None) -> bool:
    """Another attempt's money, after the order had its own, and nothing else against it."""
    is_second = event.kind == EventKind.DISCREPANCY and (
        event.reason_code == Finding.SECOND_APPROVAL
    )
    # One that has given everything back is no second approval any more; what a person has confirmed
    # is a row of its own.
    may_book = is_second or event.kind in {EventKind.CONFIRMED, EventKind.REFUND_CHANGED}
    return may_book and event.status_before in APPROVED and event.imp_uid != own


def _first_of(sequence: int, events: Sequence[EventRow]) -> int:
    """An answer that told of approval and refund at once made two events: the first of them."""
    if not 1 < sequence <= len(events):
        return sequence
    event, before = events[sequence - 1], events[sequence - 2]
    is_second_half = event.kind == EventKind.CANCELLED and before.kind == EventKind.PAID
    return sequence - 1 if is_second_half and event.answer == before.answer else sequence
