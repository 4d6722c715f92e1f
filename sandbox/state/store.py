"""The SQLite file: connections, schema, and the small key-value table.

Readers take a pooled connection; writers also take one lock, which is what makes cancels
serial (contract 9#29). What the rows mean belongs to payment_rows, receipt_rows, prepare and
webhook_log.
To add a table, add it to SCHEMA and to `wipe`.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS prepares (
    merchant_uid TEXT PRIMARY KEY, amount TEXT NOT NULL, currency TEXT
);
CREATE TABLE IF NOT EXISTS payments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    imp_uid TEXT NOT NULL UNIQUE,
    merchant_uid TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    paid_at INTEGER NOT NULL,
    status_at INTEGER NOT NULL,
    vbank_due INTEGER NOT NULL,
    visible_at REAL NOT NULL,
    document TEXT NOT NULL,
    private TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payments_merchant ON payments (merchant_uid, started_at);
CREATE INDEX IF NOT EXISTS payments_due ON payments (vbank_due) WHERE vbank_due > 0;
CREATE INDEX IF NOT EXISTS status_updated
    ON payments (status, status_at, seq, started_at, paid_at);
CREATE INDEX IF NOT EXISTS status_started ON payments (status, started_at, seq, status_at);
CREATE INDEX IF NOT EXISTS status_paid ON payments (status, paid_at, seq, status_at);
CREATE INDEX IF NOT EXISTS all_updated ON payments (status_at, seq, started_at, paid_at);
CREATE INDEX IF NOT EXISTS all_started ON payments (started_at, seq, status_at);
CREATE INDEX IF NOT EXISTS all_paid ON payments (paid_at, seq, status_at);
CREATE TABLE IF NOT EXISTS receipts (
    owner TEXT NOT NULL, uid TEXT NOT NULL, receipt_tid TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL, PRIMARY KEY (owner, uid)
);
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    imp_uid TEXT, event TEXT NOT NULL, url TEXT NOT NULL, content_type TEXT NOT NULL,
    body TEXT NOT NULL, at REAL NOT NULL, attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL, status INTEGER, error TEXT, answer TEXT
);
CREATE INDEX IF NOT EXISTS webhooks_payment ON webhooks (imp_uid);
"""


class Store:
    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._write_lock = threading.RLock()
        with self.write() as db:
            db.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA cache_size=-32000")
        return db

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            db = self._connect()
        try:
            yield db
        finally:
            self._idle.put(db)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, self.read() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    def get_meta(self, key: str) -> str | None:
        with self.read() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row["value"]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        with self.write() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def wipe(self) -> None:
        with self.write() as db:
            for table in ("meta", "prepares", "payments", "receipts", "webhooks"):
                db.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()
