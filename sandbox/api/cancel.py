"""POST /payments/cancel: refunds, whole and partial (contract 2.7).

Refusals are HTTP 200 with code 1; a switch turns them into another status (contract 9#6). The write
lock makes simultaneous cancels serial, so the second fails by its checksum (contract 9#29).
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from sandbox.context import sandbox
from sandbox.state import payment_rows
from sandbox.state.payment_rows import Record

from . import money, payment_object
from .envelope import RefusalError, is_true, ok, parameters, text
from .payment_object import remaining

NO_ID = "imp_uid 또는 merchant_uid를 지정해주셔야합니다."
NOTHING = "취소할 결제건이 존재하지 않습니다."
ALL_GONE = "이미 전액취소된 주문입니다."
OVER = "취소금액이 취소가능금액보다 큽니다."
BAD_AMOUNT = "취소금액이 올바르지 않습니다."
CHECKSUM = "취소가능금액(checksum)이 일치하지 않습니다."
NO_REFUND_ACCOUNT = "결제취소에 실패하였습니다.(환불계좌 정보가 누락되었습니다.)"

blueprint = Blueprint("cancel", __name__)


def refused(message: str) -> RefusalError:
    return RefusalError(sandbox().settings.cancel_refusal_status, message, code=1)


@blueprint.post("/payments/cancel")
def cancel() -> Response:
    world, given = sandbox(), parameters()
    with world.store.write() as db:
        record = _target(db, given)
        amount = _amount(record, given)
        _check_refund_account(record, given)
        reason = text(given.get("reason")) or None
        cancellation_id = payment_object.cancel(
            record.document, amount, reason, world.clock.timestamp()
        )
        payment_rows.save(db, record)
    if is_true(given.get("enable_webhook")):
        world.webhooks.announce([record], cancellation_id)
    return ok(record.document)


def _target(db: sqlite3.Connection, given: dict[str, Any]) -> Record:
    """imp_uid wins; an invalid one fails whatever merchant_uid says."""
    imp_uid, merchant_uid = text(given.get("imp_uid")), text(given.get("merchant_uid"))
    if not imp_uid and not merchant_uid:
        raise refused(NO_ID)
    find, key = (payment_rows.get, imp_uid) if imp_uid else (payment_rows.approved, merchant_uid)
    record = find(db, key)
    if record is None or not payment_object.is_approved(record.document):
        raise refused(NOTHING)  # contract 9#27: a waiting virtual account is nothing to cancel
    return record


def _amount(record: Record, given: dict[str, Any]) -> Decimal:
    """Missing or 0 means the whole rest. "Already cancelled" comes before any other check."""
    left = remaining(record.document)
    if left <= 0:
        raise refused(ALL_GONE)
    amount = _number(given, "amount") or left
    if amount < 0 or not money.is_whole(amount, str(record.document["currency"])):
        raise refused(BAD_AMOUNT)  # contract 9#28
    if _number(given, "checksum") not in (None, left):
        raise refused(CHECKSUM)
    if amount > left:
        raise refused(OVER)
    return amount


def _number(given: dict[str, Any], name: str) -> Decimal | None:
    if given.get(name) in (None, ""):
        return None
    value = money.parse(given[name])
    if value is None:
        raise refused(BAD_AMOUNT)
    return value


def _check_refund_account(record: Record, given: dict[str, Any]) -> None:
    names = ("refund_holder", "refund_bank", "refund_account")
    if record.document["pay_method"] == "vbank" and not all(text(given.get(n)) for n in names):
        raise refused(NO_REFUND_ACCOUNT)
