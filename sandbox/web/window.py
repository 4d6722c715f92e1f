"""The payment window's page and the calls its script makes (contract 4).

The browser's side is static/iamport.js (the SDK, in the shop's page) and static/window.js (in
the window). What the shop's callback receives (contract 4.4) is built here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template

from sandbox import attempts
from sandbox.api import money
from sandbox.api.payment_object import Document
from sandbox.api.prepare import MAX_MERCHANT_UID
from sandbox.attempts import BlockedError
from sandbox.context import sandbox
from sandbox.control import input as take
from sandbox.control.input import InputError
from sandbox.control.payments import notice_urls
from sandbox.state.payment_rows import Record

KST = timezone(timedelta(hours=9))
_DUE_FORMATS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}
_ECHOED = (
    "imp_uid", "merchant_uid", "pay_method", "name", "pg_provider", "emb_pg_provider", "pg_tid",
    "currency", "status", "buyer_name", "buyer_email", "buyer_tel", "buyer_addr",
    "buyer_postcode", "custom_data", "receipt_url", "paid_at", "apply_num", "card_name",
    "card_number", "card_quota", "bank_name", "vbank_num", "vbank_name", "vbank_holder",
    "vbank_date",
)  # fmt: skip
_NEW_SDK = ("imp_uid", "merchant_uid", "error_code", "error_msg")

blueprint = Blueprint("window", __name__)


@blueprint.get("/v1/iamport.js")
def sdk() -> Response:
    return current_app.send_static_file("iamport.js")


@blueprint.get("/window")
def page() -> str:
    return render_template("window.html")


@blueprint.post("/window/attempts")
def open_window() -> Response:
    given = take.json_object({"user_code", "params", "channel"})
    params = take.checked(given.get("params"), where="params.")
    try:
        _check(given.get("user_code"), params)
        params["channel"] = "mobile" if given.get("channel") == "mobile" else "pc"
        record = attempts.open_attempt({**params, "sandbox": False}, _private(params))
    except BlockedError as blocked:
        return take.answer(_blocked(params, blocked))
    return take.answer({"payment": record.document, "imp_uid": record.imp_uid}, 201)


def _check(user_code: Any, params: dict[str, Any]) -> None:
    merchant_uid, amount = params.get("merchant_uid"), params.get("amount")
    if user_code != sandbox().credentials.user_code:
        raise BlockedError("F400", "등록되지 않은 가맹점 식별코드입니다.")
    if not isinstance(merchant_uid, str) or not 0 < len(merchant_uid) <= MAX_MERCHANT_UID:
        raise BlockedError(
            "F400", f"merchant_uid는 {MAX_MERCHANT_UID}자 이하의 문자열이어야 합니다."
        )
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not is_number or not money.is_payable(money.parse(amount), params.get("currency") or "KRW"):
        raise BlockedError("F400", "결제금액(amount)은 0보다 큰 숫자여야 합니다.")


def _private(params: dict[str, Any]) -> dict[str, Any]:
    return {
        "notice_url": notice_urls(params.get("notice_url")),
        "confirm_url": params.get("confirm_url"),
        "m_redirect_url": params.get("m_redirect_url"),
        "vbank_due": vbank_due(params.get("vbank_due")),
    }


def vbank_due(value: Any) -> int | None:
    """Contract 4.3: four spellings, in KST; a day alone means its last second."""
    digits = re.sub(r"\D", "", str(value or ""))
    try:
        due = datetime.strptime(digits, _DUE_FORMATS[len(digits)]).replace(tzinfo=KST)
    except (KeyError, ValueError):
        return None
    return int(due.timestamp()) + (86399 if len(digits) == 8 else 0)


def _blocked(params: dict[str, Any], blocked: BlockedError) -> dict[str, Any]:
    result = {
        "success": False,
        "imp_uid": None,
        "merchant_uid": params.get("merchant_uid"),
        "error_code": blocked.error_code,
        "error_msg": blocked.error_msg,
    }
    return {"blocked": True, **_delivered(result, params.get("m_redirect_url"))}


@blueprint.post("/window/attempts/<imp_uid>/<action>")
def act(imp_uid: str, action: str) -> Response:
    given = take.json_object({"test_channel", "amount"})
    is_test = take.flag(given, "test_channel", False)
    if action == "tamper":
        amount: Decimal = take.amount(given, "amount")
        if amount <= 0:
            raise InputError("amount", "must be above 0")
        record, error_code = attempts.tamper(imp_uid, is_test, amount), None
    elif action in _ACTIONS:
        move, error_code = _ACTIONS[action]
        record = move(imp_uid, is_test)
    else:
        raise InputError("action", "unknown", 404)
    result = callback_object(record.document, error_code)
    return take.answer(_delivered(result, record.private.get("m_redirect_url")))


_ACTIONS: dict[str, tuple[Callable[[str, bool], Record], str | None]] = {
    "approve": (attempts.approve, None),
    "issue-vbank": (attempts.issue_vbank, None),
    "decline": (attempts.decline, "CARD_DECLINED"),
    "give-up": (attempts.give_up, "USER_CANCEL"),
    "close": (attempts.close, "WINDOW_CLOSED"),
}


def callback_object(document: Document, error_code: str | None) -> dict[str, Any]:
    """Contract 4.4. A refusal by confirm_url fails an approval without a code of its own."""
    if document["status"] == "failed" and error_code is None:
        error_code = "CONFIRM_REFUSED"
    result = {name: document[name] for name in _ECHOED}
    result["paid_amount"], result["pg_type"] = document["amount"], "payment"
    result["success"] = error_code is None
    result["error_code"] = error_code
    if error_code is None:
        result["error_msg"] = None
    else:
        result["error_msg"] = document["fail_reason"] or "사용자가 결제창을 닫았습니다"
    return result


def _delivered(result: dict[str, Any], m_redirect_url: Any) -> dict[str, Any]:
    if sandbox().settings.callback_drops_success:
        callback = {name: result[name] for name in _NEW_SDK if result[name] is not None}
    else:
        callback = result
    url = redirect_url(m_redirect_url, result) if isinstance(m_redirect_url, str) else None
    return {"result": callback, "redirect_url": url}


def redirect_url(target: str, result: dict[str, Any]) -> str:
    """Contract 4.5, 9#18: appended to the query that is there already."""
    answer = {name: result[name] for name in _NEW_SDK if result.get(name) is not None}
    if sandbox().settings.redirect_sends_imp_success:
        answer["imp_success"] = "true" if result["success"] else "false"
    base, hash_mark, fragment = target.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{urlencode(answer)}{hash_mark}{fragment}"
