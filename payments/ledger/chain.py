"""The chain: each event's hash is over the event and the hash of the one before it.

A field that is added to an event is added to the end of `_hashed_fields`, or a changed value of it
would leave no trace.
"""

import json
from collections.abc import Iterable
from datetime import UTC

from payments.core.hashing import chained
from payments.models import PaymentEvent


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
