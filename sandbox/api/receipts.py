"""/receipts: cash receipts for what was paid by transfer or virtual account (contract 2.10).

Under `/receipts/{imp_uid}` for a payment, under `/receipts/external/{merchant_uid}` for cash that
never went through the gateway. A refund leaves its receipt standing, as with some PGs.
To let a PG issue or cancel, add it to `PGS`.
"""

from __future__ import annotations

import random
import sqlite3
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Blueprint, Response, request

from sandbox.context import sandbox
from sandbox.state import payment_rows, receipt_rows
from sandbox.state.payment_rows import Record
from sandbox.state.receipt_rows import EXTERNAL, PAYMENT, Receipt

from . import payment_object
from .envelope import RefusalError, not_found, ok, parameters, text, whole

PAY_METHODS = ("vbank", "trans")
PGS = (
    "html5_inicis", "inicis", "kcp", "nice", "nice_v2", "kicc", "settle", "daou", "tosspayments",
    "ksnet", "smartro_v2", "welcome",
)  # fmt: skip
NEVER_CANCELLED_BY = ("kicc",)
TYPES = ("person", "company")
IDENTIFIER_TYPES = ("person", "business", "phone", "taxcard")
VAT_PART = 11

BAD = "{} 파라메터가 올바르지 않습니다."
MISSING = "{} 파라메터가 누락되었습니다."
NO_CASH = "현금영수증은 가상계좌, 계좌이체 결제건에만 발행할 수 있습니다."
NOT_PAID = "결제완료된 결제건이 아닙니다."
ISSUED = "이미 현금영수증이 발행된 결제건입니다."
NONE_ISSUED = "현금영수증이 발행된 내역이 없습니다."
OTHER_PG = "현금영수증을 지원하지 않는 PG사입니다."

blueprint = Blueprint("receipts", __name__)


@blueprint.post("/receipts/<imp_uid>")
def issue(imp_uid: str) -> Response:
    """For what is left of the payment."""
    world, given = sandbox(), parameters()
    with world.store.write() as db:
        record = _cash_payment(db, imp_uid)
        receipt = _receipt(given, int(payment_object.remaining(record.document)))
        return _issued(db, PAYMENT, imp_uid, receipt)


@blueprint.get("/receipts/<imp_uid>")
def look_up(imp_uid: str) -> Response:
    return _found(PAYMENT, imp_uid)


@blueprint.delete("/receipts/<imp_uid>")
def cancel(imp_uid: str) -> Response:
    with sandbox().store.write() as db:
        record = payment_rows.get(db, imp_uid)
        if record and record.document.get("pg_provider") in NEVER_CANCELLED_BY:
            raise RefusalError(501, OTHER_PG)
        return _cancelled(db, PAYMENT, imp_uid, 400)


@blueprint.post("/receipts/external/<merchant_uid>")
def issue_external(merchant_uid: str) -> Response:
    world, given = sandbox(), parameters()
    for name in ("channel_key", "name"):
        if not text(given.get(name)):
            raise RefusalError(400, MISSING.format(name))
    amount = whole(given, "amount")
    if amount is None or amount <= 0:
        raise RefusalError(400, BAD.format("amount"))
    with world.store.write() as db:
        return _issued(db, EXTERNAL, _decoded(merchant_uid), _receipt(given, amount))


@blueprint.get("/receipts/external/<merchant_uid>")
def look_up_external(merchant_uid: str) -> Response:
    return _found(EXTERNAL, _decoded(merchant_uid))


@blueprint.delete("/receipts/external/<merchant_uid>")
def cancel_external(merchant_uid: str) -> Response:
    with sandbox().store.write() as db:
        return _cancelled(db, EXTERNAL, _decoded(merchant_uid), 404)


def _decoded(merchant_uid: str) -> str:
    return merchant_uid.replace("%2F", "/")


def _cash_payment(db: sqlite3.Connection, imp_uid: str) -> Record:
    """The schema says "for what is left after refunds" and "400 unless paid", where a part refund
    has made it cancelled: 400, unless the switch is on (contract 2.10)."""
    record = payment_rows.get(db, imp_uid)
    if record is None:
        raise not_found()
    document = record.document
    if document.get("pay_method") not in PAY_METHODS:
        raise RefusalError(400, NO_CASH)
    is_allowed = document.get("status") == "paid" or (
        sandbox().settings.receipt_after_part_refund
        and document.get("status") == "cancelled"
        and payment_object.remaining(document) > 0
    )
    if not is_allowed:
        raise RefusalError(400, NOT_PAID)
    if document.get("pg_provider") not in PGS:
        raise RefusalError(501, OTHER_PG)
    return record


def _receipt(given: dict[str, Any], amount: int) -> Receipt:
    if not text(given.get("identifier")):
        raise RefusalError(400, MISSING.format("identifier"))
    kind = text(given.get("type")) or TYPES[0]
    if kind not in TYPES:
        raise RefusalError(400, BAD.format("type"))
    if (text(given.get("identifier_type")) or IDENTIFIER_TYPES[0]) not in IDENTIFIER_TYPES:
        raise RefusalError(400, BAD.format("identifier_type"))
    receipt_tid = f"CASH{random.randrange(10**16):016}"
    return {
        "receipt_tid": receipt_tid,
        "apply_num": f"{random.randrange(10**9):09}",
        "type": kind,
        "amount": amount,
        "vat": _vat(given, amount),
        "receipt_url": f"{request.host_url}console/cash-receipts/{receipt_tid}",
        "applied_at": sandbox().clock.timestamp(),
        "cancelled_at": 0,
    }


def _vat(given: dict[str, Any], amount: int) -> int:
    """As given, else an eleventh of the taxed part (contract 7.6)."""
    tax_free, vat = whole(given, "tax_free") or 0, whole(given, "vat_amount")
    if not 0 <= tax_free <= amount:
        raise RefusalError(400, BAD.format("tax_free"))
    if vat is None:
        part = Decimal(amount - tax_free) / VAT_PART
        return int(part.quantize(Decimal(1), ROUND_HALF_UP))
    if not 0 <= vat <= amount - tax_free:
        raise RefusalError(400, BAD.format("vat_amount"))
    return vat


def _issued(db: sqlite3.Connection, owner: str, uid: str, receipt: Receipt) -> Response:
    """A cancelled one may be followed by another."""
    standing = receipt_rows.get(db, owner, uid)
    if standing and not standing["cancelled_at"]:
        raise RefusalError(400, ISSUED)
    receipt_rows.save(db, owner, uid, {owner: uid, **receipt})
    return ok({owner: uid, **receipt})


def _found(owner: str, uid: str) -> Response:
    with sandbox().store.read() as db:
        receipt = receipt_rows.get(db, owner, uid)
    if receipt is None:
        raise RefusalError(404, NONE_ISSUED)
    return ok(receipt)


def _cancelled(db: sqlite3.Connection, owner: str, uid: str, refusal: int) -> Response:
    receipt = receipt_rows.get(db, owner, uid)
    if receipt is None or receipt["cancelled_at"]:
        raise RefusalError(refusal, NONE_ISSUED)
    receipt["cancelled_at"] = sandbox().clock.timestamp()
    receipt_rows.save(db, owner, uid, receipt)
    return ok(receipt)
