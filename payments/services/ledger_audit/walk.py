"""Going through the whole book: piece by piece, in one process or in several.

Each piece is read as it was at one moment, so that nothing that is written meanwhile looks like a
change. To check one more thing about a payment, name it in `problems_in`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from payments.core.db.processes import pool
from payments.models import Payment

from . import events, movements
from .rows import Book, Piece, book_of, books_in, pieces

# What rows raise that nobody here has written.
_SHAPELESS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold, in words for the person who runs the audit."""

    merchant_uid: str
    what: str

    def __str__(self) -> str:
        return f"{self.merchant_uid}: {self.what}" if self.merchant_uid else self.what


def audit(*, processes: int = 1) -> Iterator[Problem]:
    """Everything that does not hold, payment by payment. Memory stays flat.

    Several processes need a database server, and no transaction of the caller's.
    """
    if processes == 1:
        for piece in pieces():
            yield from _problems(piece)
        return
    with pool(processes) as workers:
        yield from chain.from_iterable(workers.map(_problems, pieces()))


def problems_of(payment: Payment) -> Iterator[str]:
    """What does not hold about one payment, as it is now in the database."""
    return problems_in(book_of(payment.pk))


def problems_in(book: Book) -> Iterator[str]:
    """What does not hold about the book of one payment."""
    payment = book.payment
    if payment is None:
        yield (
            f"{len(book.events)} events and {len(book.movements)} movements belong to payment "
            f"{book.payment_id}, which is not there"
        )
        return
    answers: events.Answers = {}
    yield from _read_answers(book, answers)
    yield from events.chain(payment=payment, events=book.events)
    yield from events.projection(payment=payment, events=book.events)
    yield from events.amounts(events=book.events, answers=answers)
    yield from movements.net(payment=payment, movements=book.movements)
    yield from movements.learnt(events=book.events, movements=book.movements)
    yield from movements.booked(
        payment=payment, events=book.events, answers=answers, movements=book.movements
    )


def _read_answers(book: Book, answers: events.Answers) -> Iterator[str]:
    for event in book.events:
        if not event.answer:
            continue
        try:
            answer = json.loads(event.answer)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            answers[event.sequence] = answer
        else:
            yield f"the answer in event {event.sequence} can't be read"


def _problems(piece: Piece) -> list[Problem]:
    problems: list[Problem] = []
    for book in books_in(piece):
        name = book.payment.merchant_uid if book.payment else ""
        try:
            problems += (Problem(name, what) for what in problems_in(book))
        except _SHAPELESS as error:
            # Whoever can write such rows must not be able to stop the audit of all others.
            problems.append(Problem(name, f"what is written of it makes no sense: {error!r}"))
    return problems
