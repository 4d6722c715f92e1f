"""One payment attempt from the window's opening to its end (contract 3.2), where no call of the API
moves it. Each function commits, then sends what contract 5 says.

To add an outcome, add a function here, a button in web/templates/window.html and its route in
web/window.py.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests
from flask import request

from sandbox.api import money, payment_object, prepare
from sandbox.api.payment_object import Document
from sandbox.context import sandbox
from sandbox.state import payment_rows
from sandbox.state.payment_rows import Record

CONFIRM_TIMEOUT = 10
CONFIRM_REFUSED = "고객사 요청에 의해 결제를 중단합니다. (상세사유 : {})"
DECLINED = "[결제실패] 카드사에서 승인을 거절하였습니다(한도초과)"
GIVEN_UP = "[결제포기] 사용자가 결제를 취소하셨습니다"

Change = Callable[[Document, int], None]


class NotPossibleError(Exception):
    """The attempt is not in a state that allows this."""


class BlockedError(Exception):
    """The window may not open: imp_uid null and an F-code (contract 4.4)."""

    def __init__(self, error_code: str, error_msg: str) -> None:
        super().__init__(error_msg)
        self.error_code, self.error_msg = error_code, error_msg


def receipt_url(imp_uid: str) -> str:
    return f"{request.host_url}console/receipts/{imp_uid}"


def open_attempt(params: dict[str, Any], private: dict[str, Any]) -> Record:
    """The row exists from here on, unless the pre-check blocks it (contract 9#7)."""
    world, amount = sandbox(), money.parse(params["amount"]) or Decimal(0)
    with world.store.write() as db:
        if payment_rows.approved(db, params["merchant_uid"]):
            raise BlockedError("F1002", "이미 결제가 이루어진 거래건입니다.")
        registration = prepare.registered(db, params["merchant_uid"])
        if registration and not registration.allows(amount, params.get("currency") or "KRW"):
            raise BlockedError(
                "F1003", "사전등록된 결제금액과 요청한 결제금액이 일치하지 않습니다."
            )
        imp_uid = world.imp_uids.draw(db)
        document = payment_object.opened(imp_uid, params, amount, world.clock.timestamp())
        record = Record(imp_uid, params["merchant_uid"], document, private)
        payment_rows.insert(db, [record])
    return record


def approve(imp_uid: str, is_test: bool, amount: Decimal | None = None) -> Record:
    """Asks the shop's confirm_url first, if that is switched on (contract 4.6)."""
    reason = _confirm_refusal(imp_uid)
    if reason is not None:
        return _from_window(imp_uid, is_test, _failing(CONFIRM_REFUSED.format(reason)))

    def change(document: Document, at: int) -> None:
        if document["pay_method"] == "vbank":
            raise NotPossibleError("가상계좌는 발급한 뒤 입금으로 결제됩니다.")
        payment_object.approve(document, at, receipt_url(imp_uid), amount)

    return _announced(_from_window(imp_uid, is_test, change))


def decline(imp_uid: str, is_test: bool) -> Record:
    return _from_window(imp_uid, is_test, _failing(DECLINED))


def give_up(imp_uid: str, is_test: bool) -> Record:
    return _from_window(imp_uid, is_test, _failing(GIVEN_UP))


def close(imp_uid: str, is_test: bool) -> Record:
    """Abandoned: stays ready for ever (contract 3.2)."""
    return _from_window(imp_uid, is_test, lambda _document, _at: None)


def tamper(imp_uid: str, is_test: bool, amount: Decimal) -> Record:
    """Another amount than the shop asked for, past its registration."""
    is_vbank = get(imp_uid).document["pay_method"] == "vbank"
    return (issue_vbank if is_vbank else approve)(imp_uid, is_test, amount)


def issue_vbank(imp_uid: str, is_test: bool, amount: Decimal | None = None) -> Record:
    due = get(imp_uid).private.get("vbank_due")

    def change(document: Document, at: int) -> None:
        if amount is not None:
            document["amount"] = money.to_json(amount)
        payment_object.issue_vbank(document, at, due)

    return _announced(_from_window(imp_uid, is_test, change))


def deposit(imp_uid: str, depositor: str | None = None) -> Record:
    def change(document: Document, at: int) -> None:
        if not payment_object.awaits_deposit(document):
            raise NotPossibleError("입금을 기다리는 가상계좌가 아닙니다.")
        payment_object.deposit(document, at, receipt_url(imp_uid), depositor)

    return _announced(_changed(imp_uid, change))


def fail(imp_uid: str, reason: str) -> Record:
    """Declined, or an account revoked before the deposit: no webhook (contract 9#21)."""

    def change(document: Document, at: int) -> None:
        if document["status"] != "ready":
            raise NotPossibleError("ready 상태의 결제건이 아닙니다.")
        payment_object.fail(document, at, reason)

    return _changed(imp_uid, change)


def console_cancel(
    imp_uid: str, amount: Decimal | None, reason: str, cancelled_at: int | None = None
) -> Record:
    """A cancel by hand in the console always sends its webhook (contract 5).

    `cancelled_at` dates it (unix seconds), as a PG does that tells of its refunds days later.
    """
    ids: list[str] = []

    def change(document: Document, at: int) -> None:
        left = payment_object.remaining(document)
        if not payment_object.is_approved(document) or left <= 0:
            raise NotPossibleError("취소할 수 있는 금액이 없습니다.")
        if not 0 < (amount or left) <= left:
            raise NotPossibleError("취소금액이 취소가능금액의 범위를 벗어났습니다.")
        moment = at if cancelled_at is None else cancelled_at
        ids.append(payment_object.cancel(document, amount or left, reason, moment))

    record = _changed(imp_uid, change)
    sandbox().webhooks.announce([record], ids[0])
    return record


def take_back(imp_uid: str, cancellation_id: str | None = None) -> Record:
    """A refund undone at the PG, the last one if none is named: no webhook tells of it."""

    def change(document: Document, _at: int) -> None:
        entries = [
            entry
            for entry in document.get("cancel_history") or []
            if isinstance(entry, dict) and cancellation_id in (None, entry.get("cancellation_id"))
        ]
        if not entries:
            raise NotPossibleError("되돌릴 취소 내역이 없습니다.")
        payment_object.take_back(document, entries[-1])

    return _changed(imp_uid, change)


def get(imp_uid: str) -> Record:
    with sandbox().store.read() as db:
        record = payment_rows.get(db, imp_uid)
    if record is None:
        raise LookupError(imp_uid)
    return record


def _failing(reason: str) -> Change:
    return lambda document, at: payment_object.fail(document, at, reason)


def _from_window(imp_uid: str, is_test: bool, change: Change) -> Record:
    def guarded(document: Document, at: int) -> None:
        if document["status"] != "ready" or document["vbank_num"]:
            raise NotPossibleError("이미 처리된 결제창입니다.")
        document["sandbox"] = is_test
        change(document, at)

    return _changed(imp_uid, guarded, sandbox().settings.visible_delay)


def _changed(imp_uid: str, change: Change, visible_delay: float = 0.0) -> Record:
    world = sandbox()
    with world.store.write() as db:
        record = payment_rows.get(db, imp_uid)
        if record is None:
            raise LookupError(imp_uid)
        change(record.document, world.clock.timestamp())
        if visible_delay:
            record.visible_at = world.clock.now() + visible_delay  # contract 9#35
        payment_rows.save(db, record)
    return record


def _announced(record: Record) -> Record:
    sandbox().webhooks.announce([record])
    return record


def _confirm_refusal(imp_uid: str) -> str | None:
    """Contract 4.6, 9#30: only HTTP 200 within ten seconds lets the approval go on."""
    record = get(imp_uid)
    url = record.private.get("confirm_url")
    if not url or not sandbox().settings.confirm_process:
        return None
    body = {"imp_uid": imp_uid, "merchant_uid": record.merchant_uid}
    body["amount"] = record.document["amount"]
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(url, json=body, timeout=CONFIRM_TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return "알 수 없음"
    return None if answer.status_code == 200 else _stated_reason(answer)


def _stated_reason(answer: requests.Response) -> str:
    try:
        stated = answer.json()
    except ValueError:
        stated = None
    reason = stated.get("reason") if isinstance(stated, dict) else None
    return str(reason or "알 수 없음")
