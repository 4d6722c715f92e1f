"""The facts of payments that were there before their columns were: from the answers that are kept.

Frozen with migration 0016. An event more for each payment of which an answer tells any, by the same
rules as `payments.ledger` had then, so that its chain holds and the audit rebuilds the columns. The
newest answer about the payment's own attempt that tells a fact is the one that counts. Kept answers
hold no name, no phone and too little of a card's number: those stay empty.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

AGREEING = (
    *("paid", "cancelled", "refund_changed", "confirmed"),
    *("failed", "vbank_issued", "vbank_moved"),
)
# Column, the gateway's name, the most characters; a code that is too long is none.
TEXTS = (
    ("pg_id", "pg_id", 80),
    ("pg_tid", "pg_tid", 64),
    ("card_code", "card_code", 16),
    ("card_name", "card_name", 40),
    ("bank_code", "bank_code", 16),
    ("bank_name", "bank_name", 40),
    ("cancel_reason", "cancel_reason", 256),
)
CODES = ("card_code", "bank_code")
FLAGS = (("escrow", "escrow"), ("is_test", "sandbox"))
MOST_MONTHS = 99
BATCH = 500


def fill(apps: Any, schema_editor: Any) -> None:
    """A few statements for each batch; memory stays flat."""
    payments = apps.get_model("payments", "Payment").objects
    event = apps.get_model("payments", "PaymentEvent")
    columns = [*(text[0] for text in TEXTS), *(flag[0] for flag in FLAGS), "card_quota"]
    bound, last = payments.exclude(imp_uid=None).order_by("pk"), 0
    while batch := list(bound.filter(pk__gt=last)[:BATCH]):
        last, changed, events = batch[-1].pk, [], []
        for payment, facts in _told(event, batch):
            for name, value in facts.items():
                setattr(payment, name, value)
            events.append(_event(event, payment, facts))
            changed.append(payment)
        event.objects.bulk_create(events)
        payments.bulk_update(changed, [*columns, "version", "head_hash"], batch_size=100)


def _told(event: Any, payments: Iterable[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    by_payment: dict[int, dict[str, Any]] = defaultdict(dict)
    own = {payment.pk: payment for payment in payments}
    answers = event.objects.filter(payment__in=own, kind__in=AGREEING).exclude(answer="")
    for row in answers.order_by("payment_id", "sequence"):
        if row.imp_uid == own[row.payment_id].imp_uid:
            by_payment[row.payment_id] |= _facts(json.loads(row.answer))
    for pk, facts in by_payment.items():
        if facts:
            yield own[pk], facts


def _facts(answer: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for column, name, most in TEXTS:
        text = answer.get(name)
        if isinstance(text, str) and text and (len(text) <= most or column not in CODES):
            facts[column] = text[:most]
    facts |= {column: True for column, name in FLAGS if answer.get(name) is True}
    months = answer.get("card_quota")
    names_card = any(answer.get(name) for name in ("card_code", "card_name", "card_number"))
    is_count = type(months) is int and 0 <= months <= MOST_MONTHS
    if is_count and (months or names_card):
        facts["card_quota"] = months
    return facts


def _event(event: Any, payment: Any, facts: dict[str, Any]) -> Any:
    """The next of its chain; the payment keeps where that ends."""
    row = event(
        payment_id=payment.pk,
        sequence=payment.version + 1,
        recorded_at=datetime.now(UTC),
        kind="filled",
        source="command",
        status_before=payment.status,
        status_after=payment.status,
        amount=0,
        imp_uid=payment.imp_uid,
        idempotency_key=f"filled:0016:{payment.version}",
        changes=facts,
        previous_hash=payment.head_hash,
    )
    row.hash = _hash(row)
    payment.version, payment.head_hash = row.sequence, row.hash
    return row


def _hash(row: Any) -> str:
    fields = (
        row.previous_hash,
        row.payment_id,
        row.sequence,
        row.recorded_at.isoformat(),
        row.kind,
        row.source,
        row.actor_id or "",
        row.actor_name,
        row.reason_code,
        row.note,
        row.status_before,
        row.status_after,
        row.amount,
        row.imp_uid,
        row.idempotency_key,
        json.dumps(row.changes, sort_keys=True, separators=(",", ":")),
        row.answer,
    )
    digest = hashlib.sha256()
    for value in fields:
        data = str(value).encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
