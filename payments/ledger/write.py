"""The one writer: an entry becomes an event, numbered and hashed, and the payment moves along.

A caller holds the payment locked (`locks.locked_payment`), describes what happened as an `Entry`
and calls `append`: event and projection commit together. `append_if_unmoved` spares who has just
read the payment that lock. The lock, the insert of a new payment or the update of its head comes
before any id of an event or a movement is drawn; the roll-ups count on that order
(`core.db.transactions`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from payments.core.db.instances import new_row
from payments.core.db.rows import insert_rows, next_id, update_row, update_rows
from payments.core.kst import day_of
from payments.core.text import clean
from payments.models import Movement, Payment, PaymentEvent
from payments.models.payment import ASIDE, PROJECTION
from payments.states import OF_CUSTOMERS, EventKind, Source, may_move

from .chain import event_hash
from .entry import FIRST, Entry
from .kept_answer import kept
from .replay import encode, is_blank

# Where a payment keeps the end of its chain.
HEAD = ("version", "head_hash")


class IllegalMove(Exception):
    """A status move that the table does not allow: a mistake in a service, never a user's."""


def open_order(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None,
    kind: EventKind = EventKind.ORDERED,
    note: str = "",
    then: Sequence[Entry] = (),
) -> Payment:
    """Insert a new payment with its first event, one of `FIRST`. Call inside a transaction.

    `then` are rows that follow at once and change nothing of it.
    """
    _check_transaction()
    facts = {name: getattr(payment, name) for name in PROJECTION}
    told = {name: value for name, value in facts.items() if not is_blank(name, value)}
    # An event is hashed with the payment's id, and the payment keeps the last one's hash.
    payment.pk = next_id(Payment)
    first = Entry(kind=kind, source=source, key=str(kind), actor=actor, note=note, changes=told)
    now = timezone.now()
    rows = [described(payment=payment, entry=entry, at=now)[0] for entry in (first, *then)]
    insert_rows(rows=[payment], with_ids=True)
    payment._state.adding = False
    insert_rows(rows=rows)
    return payment


def append(*, payment: Payment, entry: Entry) -> PaymentEvent:
    """Add a row to the ledger of a locked payment and move its projection along.

    Raises IllegalMove if the entry sets a status that can't follow, IntegrityError if its key was
    used before, RuntimeError outside a transaction.
    """
    _check_transaction()
    event, movements = described(payment=payment, entry=entry, at=timezone.now())
    event.save(force_insert=True)
    insert_rows(rows=movements)
    payment.save(update_fields=[*entry.changes, *entry.aside, *HEAD])
    return event


def append_if_unmoved(*, payment: Payment, entry: Entry) -> bool:
    """`append` to a payment that is not locked; False, and nothing is written, if it has moved on.

    The update of its head is the lock: it waits for whoever holds the payment, and finds no row if
    that one has appended since `payment` was read. Then lock it and look again. Errors as `append`.
    """
    _check_transaction()
    moved = copy(payment)
    event, movements = described(payment=moved, entry=entry, at=timezone.now())
    names = (*entry.changes, *entry.aside, *HEAD)
    if not update_row(row=moved, fields=names, where="version", holds=payment.version):
        return False
    insert_rows(rows=[event])
    insert_rows(rows=movements)
    for name in names:
        setattr(payment, name, getattr(moved, name))
    return True


def append_many(*, writes: Iterable[tuple[Payment, Iterable[Entry]]]) -> None:
    """`append` for many locked payments at once: each with its rows, in order.

    The same rows, movements and projections, written in a few statements instead of one by one.
    Either all of it is written or, with the same errors as `append`, nothing.
    """
    _check_transaction()
    events: list[PaymentEvent] = []
    movements: list[Movement] = []
    changed: dict[tuple[str, ...], list[Payment]] = defaultdict(list)
    for payment, entries in writes:
        fields: dict[str, None] = {}
        for entry in entries:
            event, moved = described(payment=payment, entry=entry, at=timezone.now())
            events.append(event)
            movements += moved
            fields |= dict.fromkeys((*entry.changes, *entry.aside))
        if entries:
            changed[(*fields, *HEAD)].append(payment)
    insert_rows(rows=events)
    insert_rows(rows=movements)
    for names, payments in changed.items():
        update_rows(rows=payments, fields=names)


def described(
    *, payment: Payment, entry: Entry, at: datetime
) -> tuple[PaymentEvent, list[Movement]]:
    """The payment's next row, recorded `at`, and the money that moved by it; none of it is saved.

    The payment is moved along. For whoever makes up a past (benchmarks); else call `append`.
    """
    event = _next(payment, entry, at)
    return event, _movements(event, entry)


def _movements(event: PaymentEvent, entry: Entry) -> list[Movement]:
    """The money that moved by this event; learnt when it was recorded."""
    return [
        new_row(
            Movement,
            payment_id=event.payment_id,
            event_sequence=event.sequence,
            day=day_of(draft.happened_at),
            observed_at=event.recorded_at,
            **draft._asdict(),
        )
        for draft in entry.movements
    ]


def _check_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The ledger is written inside the transaction that holds the lock.")


def _next(payment: Payment, entry: Entry, at: datetime) -> PaymentEvent:
    """The payment's next row, hashed, and the payment moved along."""
    before, after = _statuses(payment, entry)
    event = new_row(
        PaymentEvent,
        payment_id=payment.pk,
        sequence=payment.version + 1,
        recorded_at=at,
        kind=entry.kind,
        source=entry.source,
        actor_id=entry.actor.pk if entry.actor else None,
        actor_name=_name(entry),
        reason_code=entry.reason_code,
        note=clean(entry.note),
        status_before=before,
        status_after=after,
        amount=entry.amount,
        imp_uid=entry.imp_uid,
        idempotency_key=entry.key,
        changes=encode(entry.changes),
        answer=kept(entry.answer) if entry.answer else "",
        previous_hash=payment.head_hash,
    )
    event.hash = event_hash(event)
    if not entry.aside.keys() <= set(ASIDE):
        raise ValueError("only personal data stands beside the ledger")
    for name, value in (*entry.changes.items(), *entry.aside.items()):
        setattr(payment, name, value)
    payment.version, payment.head_hash = event.sequence, event.hash
    return event


def _name(entry: Entry) -> str:
    """Staff by name, as it was; of a customer the id alone, because a row can't be erased."""
    is_staff = entry.actor is not None and entry.source not in OF_CUSTOMERS
    return str(entry.actor) if is_staff else ""


def _statuses(payment: Payment, entry: Entry) -> tuple[str, str]:
    if entry.kind in FIRST:
        return "", payment.status
    after = entry.changes.get("status", payment.status)
    if "status" in entry.changes and not may_move(payment.status, after, kind=entry.kind):
        raise IllegalMove(f"{payment.merchant_uid}: {payment.status} -> {after}")
    return payment.status, after
