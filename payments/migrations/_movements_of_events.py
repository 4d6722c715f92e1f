"""The movements of payments that were there before movements were: from what the ledger keeps.

Frozen with migration 0012: the same rules as `payments.ledger.booking` had then. Answers that were
taken as agreeing are gone through in their order; what a person or the schedule closed before knew
no movements, so nothing here can contradict it.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

KINDS = ("paid", "cancelled", "confirmed")
APPROVED = ("paid", "cancelled")
KOREA = timedelta(hours=9)
BATCH = 500


def book(apps: Any, schema_editor: Any) -> None:
    """A row for each approval and each refund that the kept answers tell of."""
    payments = apps.get_model("payments", "Payment").objects.filter(status__in=APPROVED)
    events = apps.get_model("payments", "PaymentEvent")
    movement = apps.get_model("payments", "Movement")
    rows: list[Any] = []
    for payment in payments.order_by("pk").iterator(chunk_size=BATCH):
        own = events.objects.filter(payment=payment, kind__in=KINDS, imp_uid=payment.imp_uid)
        rows += _rows(movement, payment, own.exclude(answer="").order_by("sequence"))
        if len(rows) >= BATCH:
            movement.objects.bulk_create(rows)
            rows = []
    movement.objects.bulk_create(rows)


def _rows(movement: Any, payment: Any, events: Any) -> list[Any]:
    standing: dict[str, dict[str, Any]] = {}
    for event in events:
        answer = json.loads(event.answer)
        if answer.get("status") not in APPROVED or not answer.get("paid_at"):
            continue
        new = _new(payment.imp_uid, answer, standing)
        facts = {
            "payment": payment,
            "event_sequence": event.sequence,
            "observed_at": event.recorded_at,
            "imp_uid": payment.imp_uid,
            "is_own": True,
            "is_test": answer.get("sandbox") is True,
            **{name: answer.get(name) or "" for name in ("pay_method", "pg_provider", "pg_id")},
        }
        standing |= {key: facts | row | {"key": key} for key, row in new.items()}
    return [movement(**row) for row in standing.values()]


def _new(imp_uid: str, answer: Any, standing: dict[str, dict[str, Any]]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    if (key := f"approval:{imp_uid}") not in standing:
        new[key] = _row("approval", int(answer["amount"]), answer["paid_at"], answer)
    refunds = {
        key: row
        for key, row in standing.items()
        if row["kind"] == "refund" and f"correction:{key}" not in standing
    }
    history = [entry for entry in answer.get("cancel_history") or () if isinstance(entry, dict)]
    total = int(answer.get("cancel_amount") or 0)
    if sum(int(entry.get("amount") or 0) for entry in history) == total and history:
        _from_history(imp_uid, answer, history, refunds, new)
        return new
    missing = total + sum(row["amount"] for row in refunds.values())
    if missing > 0 and answer.get("cancelled_at"):
        key = _free(f"derived:{imp_uid}:{answer['cancelled_at']}:{missing}", standing, new)
        new[key] = _row("refund", -missing, answer["cancelled_at"], {}) | {
            "reason": answer.get("cancel_reason") or "",
            "is_derived": True,
        }
    return new


def _from_history(
    imp_uid: str,
    answer: Any,
    history: list[dict[str, Any]],
    refunds: dict[str, dict[str, Any]],
    new: dict[str, Any],
) -> None:
    left = list(history)
    for key, row in sorted(refunds.items(), key=lambda item: item[1].get("is_derived", False)):
        same = [entry for entry in left if _is_same(entry, row, answer)]
        if same:
            left.remove(same[0])
        elif row.get("is_derived"):
            at = int(row["happened_at"].timestamp())
            new[f"correction:{key}"] = _row("correction", -row["amount"], at, {})
    for entry in left:
        at, amount = entry.get("cancelled_at") or answer.get("cancelled_at"), int(entry["amount"])
        if at and amount:
            fact = entry.get("cancellation_id") or f"{at}:{amount}"
            key = _free(f"refund:{imp_uid}:{fact}", refunds, new)
            new[key] = _row("refund", -amount, at, entry) | {
                "external_id": entry.get("cancellation_id") or "",
                "reason": entry.get("reason") or "",
            }


def _is_same(entry: dict[str, Any], row: dict[str, Any], answer: Any) -> bool:
    identity = entry.get("cancellation_id") or ""
    if identity and row.get("external_id"):
        return bool(identity == row["external_id"])
    at = entry.get("cancelled_at") or answer.get("cancelled_at") or 0
    return (-int(entry["amount"]), at) == (row["amount"], int(row["happened_at"].timestamp()))


def _free(fact: str, *taken: dict[str, Any]) -> str:
    number, key = 1, fact
    while any(key in some for some in taken):
        number += 1
        key = f"{fact}:{number}"
    return key


def _row(kind: str, amount: int, at: int, source: Any) -> dict[str, Any]:
    happened_at = datetime.fromtimestamp(at, tz=UTC)
    receipt = str(source.get("receipt_url") or "")
    return {
        "kind": kind,
        "amount": amount,
        "happened_at": happened_at,
        "day": (happened_at + KOREA).date(),
        "pg_tid": source.get("pg_tid") or "",
        "receipt_url": receipt if receipt.startswith(("https://", "http://")) else "",
    }
