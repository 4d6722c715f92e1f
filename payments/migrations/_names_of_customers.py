"""Rows that are for good lose what says who a customer is. Frozen with migration 0014.

Events by a customer keep the id and drop the name, and the chain behind them is hashed anew: the
same hash as `payments.ledger.chain` had then. Filters of accesses move to rows that can be erased.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from payments.migrations import _append_only_triggers as append_only

SOURCES = ("checkout", "browser", "redirect", "give_up")
BATCH = 500


def forget(apps: Any, schema_editor: Any) -> None:
    """Names out of the events, filters out of the accesses."""
    append_only.remove(apps, schema_editor)
    _filters(apps)
    _names(apps)
    append_only.install(apps, schema_editor)


def _filters(apps: Any) -> None:
    kept = apps.get_model("payments", "AccessQuery")
    accesses = apps.get_model("payments", "PersonalDataAccess").objects
    for access in accesses.exclude(query="").iterator(chunk_size=BATCH):
        salt = secrets.token_hex(16)
        kept.objects.create(access=access, query=access.query, salt=salt)
        access.query_hash = _chained([salt, access.query])
        access.save(update_fields=["query_hash"])


def _names(apps: Any) -> None:
    events = apps.get_model("payments", "PaymentEvent").objects
    payments = apps.get_model("payments", "Payment").objects
    named = events.filter(source__in=SOURCES).exclude(actor_name="").values("payment_id")
    for payment in payments.filter(pk__in=named).iterator(chunk_size=BATCH):
        previous, changed = "", []
        for event in events.filter(payment_id=payment.pk).order_by("sequence"):
            if event.source in SOURCES:
                event.actor_name = ""
            event.previous_hash = previous
            event.hash = previous = _chained(_fields(event))
            changed.append(event)
        events.bulk_update(changed, ["actor_name", "previous_hash", "hash"])
        payment.head_hash = previous
        payment.save(update_fields=["head_hash"])


def _fields(event: Any) -> Iterable[object]:
    yield event.previous_hash
    yield event.payment_id
    yield event.sequence
    yield event.recorded_at.astimezone(UTC).isoformat()
    yield from (event.kind, event.source, event.actor_id or "", event.actor_name)
    yield from (event.reason_code, event.note, event.status_before, event.status_after)
    yield from (event.amount, event.imp_uid, event.idempotency_key)
    yield json.dumps(event.changes, sort_keys=True, separators=(",", ":"))
    yield event.answer


def _chained(fields: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for value in fields:
        data = str(value).encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
