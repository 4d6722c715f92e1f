"""The only writer of events and of everything on a payment that follows from them.

A caller holds the payment locked (`locks.locked_payment`), describes what happened as an `Entry`
and calls `append`: the row gets its number and its hash, the payment's projection moves along, and
both commit together. To let something new happen: add an `EventKind`, and describe it in a service.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from payments.core.db.rows import insert_rows, update_rows
from payments.core.hashing import chained
from payments.core.text import clean
from payments.models import Payment, PaymentEvent
from payments.models.payment import PROJECTION
from payments.states import EventKind, Source, may_move

# A payment begins with one of these.
FIRST = (EventKind.ORDERED, EventKind.TAKEN_IN)
# Where a payment keeps the end of its chain.
HEAD = ("version", "head_hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened. `changes` names fields of `PROJECTION` and their new values.

    `key` makes the row unique within its payment: a fact of the gateway gets a key made of that
    fact ("paid:imp_1"), a question one made of the attempt. `amount` is the won that moved:
    positive when money came in, negative when it went back, 0 otherwise. `answer` is masked JSON
    text.
    """

    kind: EventKind
    source: Source
    key: str
    actor: AbstractBaseUser | None = None
    reason_code: str = ""
    note: str = ""
    amount: int = 0
    imp_uid: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    answer: str = ""


class IllegalMove(Exception):
    """A status move that the table does not allow: a mistake in a service, never a user's."""


def open_order(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None,
    kind: EventKind = EventKind.ORDERED,
    note: str = "",
) -> Payment:
    """Insert a new payment with its first event, one of `FIRST`. Call inside a transaction."""
    facts = {name: getattr(payment, name) for name in PROJECTION}
    payment.save(force_insert=True)
    entry = Entry(kind=kind, source=source, key=str(kind), actor=actor, note=note, changes=facts)
    append(payment=payment, entry=entry)
    return payment


def append(*, payment: Payment, entry: Entry) -> PaymentEvent:
    """Add a row to the ledger of a locked payment and move its projection along.

    Raises IllegalMove if the entry sets a status that can't follow, IntegrityError if its key was
    used before, RuntimeError outside a transaction.
    """
    _check_transaction()
    event = _next(payment, entry)
    event.save(force_insert=True)
    payment.save(update_fields=[*entry.changes, *HEAD])
    return event


def append_many(*, writes: Iterable[tuple[Payment, Iterable[Entry]]]) -> None:
    """`append` for many locked payments at once: each with its rows, in order.

    The same rows and the same projections, written in two statements each instead of one by one.
    Either all of it is written or, with the same errors as `append`, nothing.
    """
    _check_transaction()
    events: list[PaymentEvent] = []
    changed: dict[tuple[str, ...], list[Payment]] = defaultdict(list)
    for payment, entries in writes:
        fields: dict[str, None] = {}
        for entry in entries:
            events.append(_next(payment, entry))
            fields |= dict.fromkeys(entry.changes)
        if entries:
            changed[(*fields, *HEAD)].append(payment)
    insert_rows(rows=events)
    for names, payments in changed.items():
        update_rows(rows=payments, fields=names)


def _check_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The ledger is written inside the transaction that holds the lock.")


def _next(payment: Payment, entry: Entry) -> PaymentEvent:
    """The payment's next row, hashed, and the payment moved along; neither is saved."""
    before, after = _statuses(payment, entry)
    event = PaymentEvent(
        payment=payment,
        sequence=payment.version + 1,
        recorded_at=timezone.now(),
        kind=entry.kind,
        source=entry.source,
        actor_id=entry.actor.pk if entry.actor else None,
        actor_name=str(entry.actor) if entry.actor else "",
        reason_code=entry.reason_code,
        note=clean(entry.note),
        status_before=before,
        status_after=after,
        amount=entry.amount,
        imp_uid=entry.imp_uid,
        idempotency_key=entry.key,
        changes=encode(entry.changes),
        answer=entry.answer,
        previous_hash=payment.head_hash,
    )
    event.hash = event_hash(event)
    for name, value in entry.changes.items():
        setattr(payment, name, value)
    payment.version, payment.head_hash = event.sequence, event.hash
    return event


def _statuses(payment: Payment, entry: Entry) -> tuple[str, str]:
    if entry.kind in FIRST:
        return "", payment.status
    after = entry.changes.get("status", payment.status)
    if "status" in entry.changes and not may_move(payment.status, after):
        raise IllegalMove(f"{payment.merchant_uid}: {payment.status} -> {after}")
    return payment.status, after


def encode(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the projection as JSON: times as ISO 8601 in UTC, the rest as they are."""
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in changes.items()
    }


def event_hash(event: PaymentEvent) -> str:
    """SHA-256 over the row and its predecessor's hash."""
    return chained(_hashed_fields(event))


def _hashed_fields(event: PaymentEvent) -> Iterable[object]:
    yield event.previous_hash
    yield event.payment_id
    yield event.sequence
    yield event.recorded_at.astimezone(UTC).isoformat()
    yield str(event.kind)
    yield str(event.source)
    yield event.actor_id or ""
    yield event.actor_name
    yield event.reason_code
    yield event.note
    yield str(event.status_before)
    yield str(event.status_after)
    yield event.amount
    yield event.imp_uid
    yield event.idempotency_key
    yield json.dumps(event.changes, sort_keys=True, separators=(",", ":"))
    yield event.answer


def rebuilt(events: Iterable[PaymentEvent]) -> dict[str, Any]:
    """The projection as its events alone give it, encoded as `encode` does."""
    state: dict[str, Any] = {}
    for event in events:
        state.update(event.changes)
    return state


def projection(payment: Payment) -> dict[str, Any]:
    """The projection as it stands on the payment, encoded as `encode` does."""
    return encode({name: getattr(payment, name) for name in PROJECTION})
