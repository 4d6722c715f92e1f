"""The table of webhook deliveries: one row a try, kept over restarts.

outcome is waiting, lost (dropped by the switch), delivered (2xx), refused (any other status)
or error (no answer).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import Any

_INSERT = (
    "INSERT INTO webhooks (imp_uid, event, url, content_type, body, at, attempt, outcome)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def add(db: sqlite3.Connection, values: tuple[Any, ...]) -> int:
    return int(db.execute(_INSERT, values).lastrowid or 0)


def finish(
    db: sqlite3.Connection,
    row_id: int,
    at: float,
    outcome: str,
    status: int | None,
    error: str | None,
    answer: str | None,
) -> None:
    db.execute(
        "UPDATE webhooks SET at = ?, outcome = ?, status = ?, error = ?, answer = ? WHERE id = ?",
        (at, outcome, status, error, answer, row_id),
    )


def forget_waiting(db: sqlite3.Connection) -> None:
    """After a restart: the default is exactly one send, and its time has passed (contract 5)."""
    db.execute(
        "UPDATE webhooks SET outcome = 'error', error = 'the sandbox stopped before sending it'"
        " WHERE outcome = 'waiting'"
    )


def latest(db: sqlite3.Connection, imp_uid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM webhooks WHERE imp_uid = ? ORDER BY id DESC LIMIT 1", (imp_uid,)
    ).fetchone()
    return row


def listed(
    db: sqlite3.Connection, imp_uid: str | None = None, limit: int = 1000, before: int | None = None
) -> list[dict[str, Any]]:
    """The latest `limit` deliveries, oldest first."""
    rows = db.execute(
        "SELECT * FROM webhooks WHERE (? IS NULL OR imp_uid = ?) AND (? IS NULL OR id < ?)"
        " ORDER BY id DESC LIMIT ?",
        (imp_uid, imp_uid, before, before, limit),
    ).fetchall()
    return [as_json(row) for row in reversed(rows)]


def as_json(row: sqlite3.Row) -> dict[str, Any]:
    entry = dict(row)
    if row["content_type"] == "application/json":
        with contextlib.suppress(ValueError):  # a forged body need not be JSON
            entry["body"] = json.loads(row["body"])
    return entry
