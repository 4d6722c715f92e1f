"""/payments/prepare: the amount a merchant_uid is allowed to be paid with (contract 2.1)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from sandbox.context import sandbox
from sandbox.state import payment_rows

from . import money
from .envelope import RefusalError, business_failure, ok, parameters, text

MAX_MERCHANT_UID = 40
UNKNOWN = "사전등록된 결제정보가 존재하지 않습니다."
TAKEN = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."
PAID = "결제정보 사전등록에 실패하였습니다(이미 결제가 이루어진 merchant_uid입니다)."

blueprint = Blueprint("prepare", __name__)


@dataclass
class Registration:
    merchant_uid: str
    amount: Decimal
    currency: str | None

    def allows(self, amount: Decimal, currency: str) -> bool:
        """A missing currency is not checked (contract 2.1)."""
        return self.amount == amount and self.currency in (None, currency)

    def as_json(self) -> dict[str, Any]:
        return {
            "merchant_uid": self.merchant_uid,
            "amount": money.to_json(self.amount),
            "currency": self.currency,
        }


def registered(db: sqlite3.Connection, merchant_uid: str) -> Registration | None:
    row = db.execute("SELECT * FROM prepares WHERE merchant_uid = ?", (merchant_uid,)).fetchone()
    return Registration(merchant_uid, Decimal(row["amount"]), row["currency"]) if row else None


def _given() -> Registration:
    given = parameters()
    merchant_uid, currency = text(given.get("merchant_uid")), text(given.get("currency")) or None
    if not merchant_uid or len(merchant_uid) > MAX_MERCHANT_UID:
        raise RefusalError(400, "merchant_uid 파라메터가 올바르지 않습니다.")
    amount = money.parse(given.get("amount"))
    if amount is None or not money.is_payable(amount, currency or "KRW"):
        raise RefusalError(400, "amount 파라메터가 올바르지 않습니다.")
    return Registration(merchant_uid, amount, currency)


def _write(db: sqlite3.Connection, registration: Registration) -> None:
    if payment_rows.approved(db, registration.merchant_uid):
        raise business_failure(PAID)  # contract 9#8
    db.execute(
        "INSERT OR REPLACE INTO prepares VALUES (?, ?, ?)",
        (registration.merchant_uid, str(registration.amount), registration.currency),
    )


@blueprint.post("/payments/prepare")
def register() -> Response:
    registration = _given()
    with sandbox().store.write() as db:
        if registered(db, registration.merchant_uid):
            raise business_failure(TAKEN)  # even for the same amount
        _write(db, registration)
    return ok(registration.as_json())


@blueprint.put("/payments/prepare")
def change() -> Response:
    registration = _given()
    with sandbox().store.write() as db:
        if registered(db, registration.merchant_uid) is None:
            raise RefusalError(404, UNKNOWN)
        _write(db, registration)
    return ok(registration.as_json())


@blueprint.get("/payments/prepare/<merchant_uid>")
def look_up(merchant_uid: str) -> Response:
    with sandbox().store.read() as db:
        registration = registered(db, merchant_uid.replace("%2F", "/"))
    if registration is None:
        raise RefusalError(404, UNKNOWN)  # contract 9#9
    return ok(registration.as_json())
