"""Reading payments: one, a batch, by merchant_uid, by status (contract 2.2 to 2.5)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from flask import Blueprint, Response, request

from sandbox.context import sandbox
from sandbox.state import payment_rows

from . import paging, payment_object
from .envelope import RefusalError, is_true, not_found, query_int, query_list, raw_envelope
from .paging import Paging, Selection
from .payment_object import STATUSES

MAX_IDS = 100
MAX_WINDOW = 90 * 86400
BAD_STATUS = "지원되지 않는 상태값입니다."
VBANK_EXPIRED = "가상계좌 입금기한이 만료되었습니다."

blueprint = Blueprint("lookups", __name__)


@dataclass(frozen=True)
class StatusList:
    """What is asked of /payments/status/{payment_status} (contract 2.5); `status` None is all."""

    status: str | None
    start: int
    end: int
    paging: Paging

    @classmethod
    def from_request(cls, payment_status: str) -> StatusList:
        status = None if payment_status == "all" else _known(payment_status)
        page = Paging.from_query()
        end = query_int("to", sandbox().clock.timestamp(), 0, 10**11)
        start = query_int("from", max(0, end - MAX_WINDOW), 0, 10**11)
        if start > end or end - start > MAX_WINDOW:
            # contract 9#16
            raise RefusalError(400, "조회기간은 최대 90일까지 지정할 수 있습니다.")
        return cls(status, start, end, page)

    @property
    def selection(self) -> Selection:
        return paging.by_status(self.status, self.start, self.end, self.paging.sorting)


@blueprint.before_request
def expire_virtual_accounts() -> None:
    """Contract 9#20: they stay ready for ever, unless the switch is on."""
    world = sandbox()
    if not world.settings.vbank_expiry_fails:
        return
    with world.store.write() as db:
        for record in payment_rows.overdue(db, world.clock.timestamp()):
            payment_object.fail(record.document, record.document["vbank_date"], VBANK_EXPIRED)
            payment_rows.save(db, record)


@blueprint.get("/payments/<imp_uid>")
def payment(imp_uid: str) -> Response:
    world = sandbox()
    with world.store.read() as db:
        row = db.execute(
            "SELECT document, json_extract(document, '$.sandbox') AS is_test"
            " FROM payments WHERE imp_uid = ? AND visible_at <= ?",
            (imp_uid, world.clock.now()),
        ).fetchone()
    shows_test = is_true(request.args.get("include_sandbox"))
    if row is None or (row["is_test"] and world.settings.hide_test_payments and not shows_test):
        raise not_found()  # contract 9#4
    return raw_envelope(row["document"])


@blueprint.get("/payments")
def batch() -> Response:
    imp_uids, merchant_uids = query_list("imp_uid"), query_list("merchant_uid")
    asked = len(imp_uids) + len(merchant_uids)
    if not 0 < asked <= MAX_IDS:
        raise RefusalError(
            400, f"imp_uid[], merchant_uid[]는 1개 이상 {MAX_IDS}개 이하로 요청해주세요."
        )
    with sandbox().store.read() as db:
        rows = [_latest(db, "imp_uid", value) for value in imp_uids]
        rows += [_latest(db, "merchant_uid", value) for value in merchant_uids]
    documents = {row["seq"]: row["document"] for row in rows if row}  # contract 9#2: no duplicates
    if not documents:
        raise not_found()
    return raw_envelope(f"[{','.join(documents.values())}]", 200 if all(rows) else 207)


def _latest(db: sqlite3.Connection, key: str, value: str) -> sqlite3.Row | None:
    """Contract 2.3: of several attempts of a merchant_uid, the one started last."""
    row: sqlite3.Row | None = db.execute(
        f"SELECT seq, document FROM payments WHERE {key} = ? AND visible_at <= ?"
        " ORDER BY started_at DESC, seq DESC LIMIT 1",
        (value, sandbox().clock.now()),
    ).fetchone()
    return row


@blueprint.get("/payments/find/<merchant_uid>")
@blueprint.get("/payments/find/<merchant_uid>/<payment_status>")
def find(merchant_uid: str, payment_status: str | None = None) -> Response:
    world, order = sandbox(), Paging.from_query().order
    wanted = paging.by_merchant_uid(
        merchant_uid.replace("%2F", "/"), _known(payment_status), world.clock.now()
    )
    with world.store.read() as db:
        row = db.execute(
            f"SELECT document FROM payments WHERE {wanted.where} ORDER BY {order} LIMIT 1",
            wanted.values,
        ).fetchone()
    if row is None:
        raise not_found()
    return raw_envelope(row["document"])


@blueprint.get("/payments/findAll")
def find_all_of_nothing() -> Response:
    """Contract 2.4: 400 without a merchant_uid."""
    raise RefusalError(400, "merchant_uid가 누락되었습니다.")


@blueprint.get("/payments/findAll/<merchant_uid>")
@blueprint.get("/payments/findAll/<merchant_uid>/<payment_status>")
def find_all(merchant_uid: str, payment_status: str | None = None) -> Response:
    world, page, status = sandbox(), Paging.from_query(), _known(payment_status)
    uid, now = merchant_uid.replace("%2F", "/"), world.clock.now()
    anything = paging.by_merchant_uid(uid, None, now)
    with world.store.read() as db:
        known = db.execute(
            f"SELECT 1 FROM payments WHERE {anything.where} LIMIT 1", anything.values
        ).fetchone()
        if known is None:
            raise not_found()
        return paging.answer(db, paging.by_merchant_uid(uid, status, now), page)


@blueprint.get("/payments/status")
@blueprint.get("/payments/status/<payment_status>")
def by_status(payment_status: str = "") -> Response:
    wanted = StatusList.from_request(payment_status)
    with sandbox().store.read() as db:
        return paging.answer(db, wanted.selection, wanted.paging)


def _known(status: str | None) -> str | None:
    if status is not None and status not in STATUSES:
        raise RefusalError(400, BAD_STATUS)
    return status
