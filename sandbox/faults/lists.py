"""Faults of time going on: payments change while the pages of a status list are turned.

Nothing is made up in the answer. Right before a page after the first is read, payments change for
good, so that the pages shift (contract 2.5) and whoever counts on page numbers misses some or sees
some twice. To add a way, add it to `SHIFTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from flask import request

from sandbox import attempts
from sandbox.api import payment_object
from sandbox.api.lookups import StatusList
from sandbox.api.payment_object import Document
from sandbox.context import Sandbox
from sandbox.state import payment_rows
from sandbox.state.payment_rows import Record

from .registry import Fault

AMOUNT = Decimal(1000)
REASON = "목록을 읽는 사이에 취소"


def apply(world: Sandbox) -> None:
    if request.endpoint != "lookups.by_status":
        return
    for fault in world.faults.meeting(request, SHIFTS):
        wanted = StatusList.from_request((request.view_args or {}).get("payment_status", ""))
        if wanted.paging.page > 1:
            SHIFTS[fault.kind](fault, world, wanted)


def _refunded(fault: Fault, world: Sandbox, wanted: StatusList) -> None:
    """The first paid ones of the pages before: to the list's end, or out of its window."""
    with world.store.read() as db:
        rows = db.execute(
            "SELECT imp_uid FROM (SELECT imp_uid, status FROM payments"
            f" WHERE {wanted.selection.where} ORDER BY {wanted.paging.order} LIMIT ?)"
            " WHERE status = 'paid' LIMIT ?",
            (*wanted.selection.values, wanted.paging.offset, _count(fault)),
        ).fetchall()
    if rows and world.faults.fire(fault):
        for row in rows:
            attempts.console_cancel(row["imp_uid"], None, REASON)


def _new(fault: Fault, world: Sandbox, wanted: StatusList) -> None:
    """As many appear in front of everything that was read: what came late, or just now."""
    with world.store.read() as db:
        first = db.execute(
            f"SELECT {wanted.paging.column} AS at FROM payments WHERE {wanted.selection.where}"
            f" ORDER BY {wanted.paging.order} LIMIT 1",
            wanted.selection.values,
        ).fetchone()
    if first is None or not world.faults.fire(fault):
        return
    at = first["at"] + (1 if wanted.paging.is_descending else -1)
    with world.store.write() as db:
        records = [
            _record(world.imp_uids.draw(db), wanted, max(at, 0)) for _ in range(_count(fault))
        ]
        payment_rows.insert(db, records)


def _record(imp_uid: str, wanted: StatusList, at: int) -> Record:
    merchant_uid = f"new-{imp_uid}"
    document: Document = payment_object.opened(imp_uid, {"merchant_uid": merchant_uid}, AMOUNT, at)
    moment = min(max(at, wanted.start), wanted.end)
    if wanted.status == "failed":
        payment_object.fail(document, moment, attempts.DECLINED)
    elif wanted.status != "ready":
        payment_object.approve(document, moment, attempts.receipt_url(imp_uid))
    if wanted.status == "cancelled":
        payment_object.cancel(document, AMOUNT, REASON, moment)
    return Record(imp_uid, merchant_uid, document)


def _count(fault: Fault) -> int:
    return 1 if fault.rows is None else fault.rows


SHIFTS: dict[str, Callable[[Fault, Sandbox, StatusList], None]] = {
    "rows_refunded": _refunded,
    "rows_new": _new,
}
