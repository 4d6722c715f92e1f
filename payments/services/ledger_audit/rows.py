"""Reading the book for the audit: plain tuples, a piece of it at a time, as it was at one moment.

No model instances: of a million payments they would take longer than all the checks. A column that
is to be checked gets its name in the row of its table, under the model's own name.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import DateTimeField, QuerySet

from payments.core.db.functions import Moment
from payments.locks import one_moment
from payments.models import Movement, Payment, PaymentEvent
from payments.models.payment import PROJECTION
from payments.states import APPROVED

# Payments of one piece: all that is in memory at once.
PIECE = 1_000


class EventRow(NamedTuple):
    """An event as it stands in its table."""

    payment_id: int
    sequence: int
    recorded_at: datetime
    kind: str
    source: str
    actor_id: int | None
    actor_name: str
    reason_code: str
    note: str
    status_before: str
    status_after: str
    amount: int
    imp_uid: str
    idempotency_key: str
    changes: dict[str, Any]
    answer: str
    previous_hash: str
    hash: str


class MovementRow(NamedTuple):
    """A movement as it stands in its table."""

    payment_id: int
    event_sequence: int
    key: str
    kind: str
    imp_uid: str
    is_own: bool
    amount: int
    happened_at: datetime
    day: date
    observed_at: datetime
    is_derived: bool
    is_test: bool
    pay_method: str
    pg_provider: str
    pg_id: str
    pg_tid: str
    external_id: str
    approved_on: date | None


class PaymentRow(NamedTuple):
    """A payment as it stands in its table: the head of its chain, and what follows from it."""

    payment_id: int
    version: int
    head_hash: str
    facts: dict[str, Any]

    @property
    def merchant_uid(self) -> str:
        """The order number, by which a person finds it."""
        return str(self.facts["merchant_uid"])

    @property
    def net_amount(self) -> int:
        """As `Payment.net_amount`."""
        came_in = self.facts["status"] in APPROVED
        return self.facts["amount"] - self.facts["cancelled_amount"] if came_in else 0


@dataclass(slots=True)
class Book:
    """All that is written under the id of one payment; the payment itself may be gone."""

    payment_id: int
    payment: PaymentRow | None = None
    events: list[EventRow] = field(default_factory=list)
    movements: list[MovementRow] = field(default_factory=list)


class Piece(NamedTuple):
    """Payments by id: those after one, up to another, or to the end."""

    after: int
    until: int | None


def pieces() -> Iterator[Piece]:
    """The whole book; the last piece is open, so that it holds what belongs to no payment."""
    after = 0
    ids = Payment.objects.order_by("pk").values_list("pk", flat=True)
    while until := next(iter(ids.filter(pk__gt=after)[PIECE - 1 : PIECE]), None):
        yield Piece(after, until)
        after = until
    yield Piece(after, None)


def books_in(piece: Piece) -> list[Book]:
    """The books of a piece, by payment id."""
    with one_moment():
        return _books(
            _within(Payment.objects.all(), "id", piece),
            _within(PaymentEvent.objects.all(), "payment_id", piece),
            _within(Movement.objects.all(), "payment_id", piece),
        )


def book_of(payment_id: int) -> Book:
    """One payment's book."""
    found = _books(
        Payment.objects.filter(pk=payment_id),
        PaymentEvent.objects.filter(payment_id=payment_id),
        Movement.objects.filter(payment_id=payment_id),
    )
    return found[0] if found else Book(payment_id)


def _within(rows: QuerySet[Any], column: str, piece: Piece) -> QuerySet[Any]:
    rows = rows.filter(**{f"{column}__gt": piece.after})
    return rows if piece.until is None else rows.filter(**{f"{column}__lte": piece.until})


def _books(
    payments: QuerySet[Payment], events: QuerySet[PaymentEvent], movements: QuerySet[Movement]
) -> list[Book]:
    books: dict[int, Book] = _Books()
    heads = _rows(payments.order_by("pk"), ("id", "version", "head_hash", *PROJECTION))
    for payment_id, version, head, *facts in heads:
        facts_by_name = dict(zip(PROJECTION, facts, strict=True))
        books[payment_id].payment = PaymentRow(payment_id, version, head, facts_by_name)
    of_events = _rows(events.order_by("payment_id", "sequence"), EventRow._fields)
    for event in map(EventRow._make, of_events):
        books[event.payment_id].events.append(event)
    of_movements = _rows(movements.order_by("payment_id", "pk"), MovementRow._fields)
    for movement in map(MovementRow._make, of_movements):
        books[movement.payment_id].movements.append(movement)
    return [books[payment_id] for payment_id in sorted(books)]


def _rows(rows: QuerySet[Any], names: Sequence[str]) -> QuerySet[Any, tuple[Any, ...]]:
    fields = ((name, rows.model._meta.get_field(name)) for name in names)
    return rows.values_list(
        *(Moment(name) if isinstance(field, DateTimeField) else name for name, field in fields)
    )


class _Books(defaultdict[int, Book]):
    """A book for each id that is named."""

    def __missing__(self, payment_id: int) -> Book:
        self[payment_id] = book = Book(payment_id)
        return book
