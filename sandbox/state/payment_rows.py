"""The payments table: insert, save, find. A row keeps the answer as JSON text plus the columns
that are searched; `private` holds what the gateway knows but never answers (notice_url ...).

imp_uid and merchant_uid columns are the keys it is found by and never change; raw overrides
only change what is answered, so a test can make the gateway answer for another order.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.api.envelope import dump
from sandbox.api.payment_object import Document

_KEY_SPACE = 9 * 10**11
# Coprime with the key space, so consecutive numbers give distinct, unguessable-looking ids.
_STRIDE = 618033988751


@dataclass
class Record:
    imp_uid: str
    merchant_uid: str
    document: Document
    private: dict[str, Any] = field(default_factory=dict)
    visible_at: float = 0.0
    seq: int = 0


class ImpUids:
    """imp_ + 12 digits (contract 3), unique in the file and not repeated after a reset."""

    def __init__(self) -> None:
        self._next = secrets.randbelow(_KEY_SPACE)

    def draw(self, db: sqlite3.Connection, prefix: str = "imp_") -> str:
        while True:
            self._next += 1
            imp_uid = f"{prefix}{self._next * _STRIDE % _KEY_SPACE + 10**11}"
            taken = db.execute("SELECT 1 FROM payments WHERE imp_uid = ?", (imp_uid,)).fetchone()
            if taken is None:
                return imp_uid


def _columns(record: Record) -> tuple[Any, ...]:
    document = record.document
    waiting = document.get("status") == "ready" and document.get("vbank_num")
    return (
        str(document.get("status")),
        _second(document, "started_at"),
        _second(document, "paid_at"),
        final_status_time(document),
        _second(document, "vbank_date") if waiting else 0,
        record.visible_at,
        dump(document),
        dump(record.private),
    )


def _second(document: Document, name: str) -> int:
    value = document.get(name)
    return int(value) if isinstance(value, int | float) else 0


def final_status_time(document: Document) -> int:
    """The time of the present status, by which lists are windowed (contract 2.5)."""
    name = {"paid": "paid_at", "cancelled": "cancelled_at", "failed": "failed_at"}
    return _second(document, name.get(str(document.get("status")), "started_at"))


def insert(db: sqlite3.Connection, records: Iterable[Record]) -> None:
    db.executemany(
        "INSERT INTO payments (imp_uid, merchant_uid, status, started_at, paid_at, status_at,"
        " vbank_due, visible_at, document, private) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((record.imp_uid, record.merchant_uid, *_columns(record)) for record in records),
    )


def save(db: sqlite3.Connection, record: Record) -> None:
    db.execute(
        "UPDATE payments SET status = ?, started_at = ?, paid_at = ?, status_at = ?,"
        " vbank_due = ?, visible_at = ?, document = ?, private = ? WHERE imp_uid = ?",
        (*_columns(record), record.imp_uid),
    )


def delete(db: sqlite3.Connection, imp_uid: str) -> bool:
    return db.execute("DELETE FROM payments WHERE imp_uid = ?", (imp_uid,)).rowcount > 0


def get(db: sqlite3.Connection, imp_uid: str) -> Record | None:
    row = db.execute("SELECT * FROM payments WHERE imp_uid = ?", (imp_uid,)).fetchone()
    return from_row(row) if row else None


def approved(db: sqlite3.Connection, merchant_uid: str) -> Record | None:
    """The order's approved payment, the latest if a test made several."""
    row = db.execute(
        "SELECT * FROM payments WHERE merchant_uid = ? AND status IN ('paid', 'cancelled')"
        " ORDER BY started_at DESC, seq DESC LIMIT 1",
        (merchant_uid,),
    ).fetchone()
    return from_row(row) if row else None


def overdue(db: sqlite3.Connection, now: int) -> list[Record]:
    rows = db.execute(
        "SELECT * FROM payments WHERE vbank_due > 0 AND vbank_due < ?", (now,)
    ).fetchall()
    return [from_row(row) for row in rows]


def from_row(row: sqlite3.Row) -> Record:
    return Record(
        imp_uid=row["imp_uid"],
        merchant_uid=row["merchant_uid"],
        document=json.loads(row["document"]),
        private=json.loads(row["private"]),
        visible_at=row["visible_at"],
        seq=row["seq"],
    )
