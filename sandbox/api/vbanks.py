"""/vbanks: virtual accounts without a window (contract 2.9).

`POST` issues one, `PUT` moves its due date or amount, `DELETE` revokes it, each before its
deposit. To add a parameter of `POST`, add it to `LIMITS` if it is text, and to `_params`.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from sandbox.context import sandbox
from sandbox.state import payment_rows
from sandbox.state.payment_rows import Record

from . import codes, money, payment_object
from .envelope import RefusalError, business_failure, not_found, ok, parameters, text, whole
from .lookups import expire_virtual_accounts

REQUIRED = ("channel_key", "merchant_uid", "vbank_code")
# Contract 3: what the schema gives in characters.
LIMITS = {
    "merchant_uid": 40, "vbank_holder": 16, "name": 40, "buyer_name": 16, "buyer_email": 64,
    "buyer_tel": 16, "buyer_addr": 128, "buyer_postcode": 8,
}  # fmt: skip
IMP_UID_PREFIX = "imps_"  # contract 3: seen on what was made by API
BAD = "{} 파라메터가 올바르지 않습니다."
MISSING = "{} 파라메터가 누락되었습니다."
PAID = "이미 결제가 이루어진 merchant_uid입니다."
FAILED = "가상계좌 발급에 실패하였습니다.({})"
NOT_CHANGED = "가상계좌 수정에 실패하였습니다.({})"
PAST_DUE = "입금기한이 현재 시각보다 이전입니다."
UNKNOWN_BANK = "지원되지 않는 은행코드입니다."
NOT_A_VBANK = "가상계좌 결제건이 아닙니다."
NOT_WAITING = "입금대기 상태의 가상계좌가 아닙니다."
REVOKED = "가상계좌가 말소되었습니다."

blueprint = Blueprint("vbanks", __name__)
blueprint.before_request(expire_virtual_accounts)


@blueprint.post("/vbanks")
def issue() -> Response:
    """Ready, with an account, and announced (contract 5)."""
    world, given = sandbox(), parameters()
    params, amount, due = _params(given), _amount(given), whole(given, "vbank_due")
    if amount is None or due is None:
        raise RefusalError(400, MISSING.format("amount" if amount is None else "vbank_due"))
    now = world.clock.timestamp()
    account = _account(given, due, now)
    with world.store.write() as db:
        if payment_rows.approved(db, params["merchant_uid"]):
            raise business_failure(FAILED.format(PAID))
        imp_uid = world.imp_uids.draw(db, IMP_UID_PREFIX)
        document = payment_object.opened(imp_uid, params, amount, now)
        payment_object.issue_vbank(document, now, due, account)
        record = Record(imp_uid, params["merchant_uid"], document, _private(given))
        if world.settings.visible_delay:
            record.visible_at = world.clock.now() + world.settings.visible_delay  # contract 9#35
        payment_rows.insert(db, [record])
    world.webhooks.announce([record])
    return ok(document)


@blueprint.put("/vbanks/<imp_uid>")
def change(imp_uid: str) -> Response:
    """The real one does it for one PG; which answer the others give is not documented."""
    world, given = sandbox(), parameters()
    amount, due = _amount(given), whole(given, "vbank_due")
    if amount is None and due is None:
        raise RefusalError(400, MISSING.format("amount, vbank_due"))
    with world.store.write() as db:
        record = _waiting(db, imp_uid)
        if due is not None and due <= world.clock.timestamp():
            raise business_failure(NOT_CHANGED.format(PAST_DUE))
        if amount is not None:
            record.document["amount"] = money.to_json(amount)
        if due is not None:
            record.document["vbank_date"] = due
        payment_rows.save(db, record)
    return ok(record.document)


@blueprint.delete("/vbanks/<imp_uid>")
def revoke(imp_uid: str) -> Response:
    """The payment then shows as failed, without a webhook (contract 9#21)."""
    world = sandbox()
    with world.store.write() as db:
        record = _waiting(db, imp_uid)
        payment_object.fail(record.document, world.clock.timestamp(), REVOKED)
        payment_rows.save(db, record)
    return ok(record.document)


def _waiting(db: sqlite3.Connection, imp_uid: str) -> Record:
    """Under the write lock: of a deposit and a revocation at once, one comes too late."""
    record = payment_rows.get(db, imp_uid)
    if record is None:
        raise not_found()
    if not record.document.get("vbank_num"):
        raise RefusalError(400, NOT_A_VBANK)
    if not payment_object.awaits_deposit(record.document):
        raise RefusalError(400, NOT_WAITING)
    return record


def _params(given: dict[str, Any]) -> dict[str, Any]:
    """As `payment_object.opened` takes them; nothing else of the body gets into the payment."""
    for name in REQUIRED:
        if not text(given.get(name)):
            raise RefusalError(400, MISSING.format(name))
    for name, limit in LIMITS.items():
        if len(text(given.get(name))) > limit:
            raise RefusalError(400, BAD.format(name))
    texts: dict[str, Any] = {name: text(given.get(name)) or None for name in LIMITS}
    custom_data = given.get("custom_data")
    return {**texts, "custom_data": custom_data, "pay_method": "vbank", "channel": "api"}


def _private(given: dict[str, Any]) -> dict[str, Any]:
    urls = given.get("notice_url")
    return {
        "notice_url": [text(url) for url in (urls if isinstance(urls, list) else [urls]) if url]
    }


def _amount(given: dict[str, Any]) -> Decimal | None:
    if given.get("amount") in (None, ""):
        return None
    amount = money.parse(given["amount"])
    if amount is None or not money.is_payable(amount, "KRW"):
        raise RefusalError(400, BAD.format("amount"))
    return amount


def _account(given: dict[str, Any], due: int, now: int) -> dict[str, Any]:
    """The answer's codes are the standard ones, whatever the PG's are (contract 7.5)."""
    bank = codes.standard_bank(text(given.get("vbank_code")))
    if bank is None:
        raise business_failure(FAILED.format(UNKNOWN_BANK))
    if due <= now:
        raise business_failure(FAILED.format(PAST_DUE))
    account = {"vbank_code": bank, "vbank_name": codes.BANKS[bank]}
    for name in ("vbank_holder", "vbank_num"):
        if text(given.get(name)):
            account[name] = text(given[name])
    return account
