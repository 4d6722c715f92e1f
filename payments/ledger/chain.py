"""The chain: each event's hash is over the event and the hash of the one before it.

A field that is added to an event is added to `Hashed` and to the end of `_hashed_fields`, or a
changed value of it would leave no trace.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from payments.core.hashing import chained

# Made once: `json.dumps` makes one for each call.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Hashed(Protocol):
    """What the hash is over: an event, or its columns as an audit reads them."""

    @property
    def previous_hash(self) -> str: ...
    @property
    def payment_id(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def reason_code(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def status_before(self) -> str: ...
    @property
    def status_after(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def imp_uid(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...
    @property
    def answer(self) -> str: ...


def event_hash(event: Hashed) -> str:
    """SHA-256 over the row and its predecessor's hash."""
    return chained(_hashed_fields(event))


def _hashed_fields(event: Hashed) -> tuple[object, ...]:
    return (
        event.previous_hash,
        event.payment_id,
        event.sequence,
        event.recorded_at.astimezone(UTC).isoformat(),
        str(event.kind),
        str(event.source),
        event.actor_id or "",
        event.actor_name,
        event.reason_code,
        event.note,
        str(event.status_before),
        str(event.status_after),
        event.amount,
        event.imp_uid,
        event.idempotency_key,
        _canonical(event.changes),
        event.answer,
    )
