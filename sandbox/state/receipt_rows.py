"""The table of cash receipts: the latest of each payment, and of each order paid in cash elsewhere.

A receipt is kept as it is answered. Its owner is the field that names it: `imp_uid` or
`merchant_uid`.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from sandbox.api.envelope import dump

PAYMENT, EXTERNAL = "imp_uid", "merchant_uid"

Receipt = dict[str, Any]


def get(db: sqlite3.Connection, owner: str, uid: str) -> Receipt | None:
    row = db.execute(
        "SELECT document FROM receipts WHERE owner = ? AND uid = ?", (owner, uid)
    ).fetchone()
    return json.loads(row["document"]) if row else None


def by_tid(db: sqlite3.Connection, receipt_tid: str) -> Receipt | None:
    row = db.execute(
        "SELECT document FROM receipts WHERE receipt_tid = ?", (receipt_tid,)
    ).fetchone()
    return json.loads(row["document"]) if row else None


def save(db: sqlite3.Connection, owner: str, uid: str, receipt: Receipt) -> None:
    db.execute(
        "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)",
        (owner, uid, receipt["receipt_tid"], dump(receipt)),
    )
