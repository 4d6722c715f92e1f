"""The small console at / and /console: payments and webhooks, for a person's hands.

Its buttons do what the control API does, through the same functions. To add one to a payment's
page, add it to `act` and to templates/payment.html. Faults and settings are in switches.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox import attempts
from sandbox.api import money, payment_object
from sandbox.attempts import NotPossibleError
from sandbox.context import sandbox
from sandbox.state import receipt_rows, webhook_log

from .window import KST

PAGE = 50
STATUS_LABELS = {
    "ready": "미결제",
    "waiting": "입금대기",
    "paid": "결제완료",
    "failed": "결제실패",
    "cancelled": "결제취소",
    "part": "부분취소",
}
OUTCOME_LABELS = {
    "waiting": "대기",
    "lost": "유실",
    "delivered": "전달됨",
    "refused": "거절됨",
    "error": "실패",
}
blueprint = Blueprint("console", __name__)


@blueprint.app_template_filter("kst")
def kst(seconds: float) -> str:
    if not isinstance(seconds, int | float) or not seconds:
        return "-"
    return datetime.fromtimestamp(seconds, KST).strftime("%Y-%m-%d %H:%M:%S")


@blueprint.app_template_filter("pretty")
def pretty(value: Any, indent: int | None = 2) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


@blueprint.app_template_filter("won")
def won(amount: Any, currency: str = "KRW") -> str:
    number = money.parse(amount)
    text = "-" if number is None else f"{money.to_json(number):,}"
    return f"{text}원" if currency == "KRW" else f"{text} {currency}"


@blueprint.app_template_filter("status_key")
def status_key(document: dict[str, Any]) -> str:
    if payment_object.awaits_deposit(document):
        return "waiting"
    if document.get("status") == "cancelled" and payment_object.remaining(document) > 0:
        return "part"
    return str(document.get("status"))


@blueprint.app_template_global("status_label")
def status_label(document: dict[str, Any]) -> str:
    key = status_key(document)
    return STATUS_LABELS.get(key, key)


@blueprint.get("/")
@blueprint.get("/console")
def payments() -> str:
    """By key, not by offset: the last page is as quick as the first."""
    sought = request.args.get("q", "").strip()
    before = request.args.get("before", type=int)
    with sandbox().store.read() as db:
        rows = db.execute(
            "SELECT seq, imp_uid, document FROM payments WHERE seq < ?"
            + (" AND (imp_uid = ? OR merchant_uid = ?)" if sought else "")
            + " ORDER BY seq DESC LIMIT ?",
            (before or 2**62, *([sought, sought] if sought else []), PAGE + 1),
        ).fetchall()
    listed = [(row["imp_uid"], json.loads(row["document"])) for row in rows[:PAGE]]
    older = rows[PAGE - 1]["seq"] if len(rows) > PAGE else None
    return render_template(
        "payments.html", payments=listed, older=older, sought=sought, is_later=before is not None
    )


@blueprint.get("/console/payments/<imp_uid>")
def payment(imp_uid: str, error: str = "") -> str:
    record = attempts.get(imp_uid)
    with sandbox().store.read() as db:
        webhooks = webhook_log.listed(db, imp_uid)
        cash_receipt = receipt_rows.get(db, receipt_rows.PAYMENT, imp_uid)
    return render_template(
        "payment.html",
        imp_uid=imp_uid,
        payment=record.document,
        remaining=money.to_json(payment_object.remaining(record.document)),
        awaits_deposit=payment_object.awaits_deposit(record.document),
        is_approved=payment_object.is_approved(record.document),
        webhooks=webhooks,
        cash_receipt=cash_receipt,
        outcome_labels=OUTCOME_LABELS,
        error=error,
    )


@blueprint.get("/console/receipts/<imp_uid>")
def receipt(imp_uid: str) -> str:
    return render_template("receipt.html", payment=attempts.get(imp_uid).document)


@blueprint.get("/console/cash-receipts/<receipt_tid>")
def cash_receipt(receipt_tid: str) -> str:
    with sandbox().store.read() as db:
        receipt = receipt_rows.by_tid(db, receipt_tid)
    if receipt is None:
        raise LookupError(receipt_tid)
    return render_template("cash_receipt.html", receipt=receipt)


@blueprint.post("/console/payments/<imp_uid>/<action>")
def act(imp_uid: str, action: str) -> Response | tuple[str, int]:
    try:
        if action == "deposit":
            attempts.deposit(imp_uid)
        elif action == "cancel":
            _cancel(imp_uid)
        elif action == "take-back":
            attempts.take_back(imp_uid, request.form.get("cancellation_id") or None)
        elif action == "webhook":
            sandbox().webhooks.resend(attempts.get(imp_uid))
    except NotPossibleError as error:
        return payment(imp_uid, str(error)), 409
    return redirect(url_for("console.payment", imp_uid=imp_uid), 303)


def _cancel(imp_uid: str) -> None:
    text = request.form.get("amount", "").strip()
    amount = money.parse(text) if text else None
    if text and amount is None:
        raise NotPossibleError("취소금액은 숫자여야 합니다.")
    reason = request.form.get("reason", "").strip()
    attempts.console_cancel(
        imp_uid, amount, reason or payment_object.CONSOLE_CANCEL_REASON, _cancelled_at()
    )


def _cancelled_at() -> int | None:
    """As an input of type datetime-local sends it, in KST."""
    text = request.form.get("cancelled_at", "").strip()
    if not text:
        return None
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=KST).timestamp())
    except (ValueError, OverflowError):
        raise NotPossibleError("취소일시가 올바르지 않습니다.") from None


@blueprint.get("/console/webhooks")
def webhooks() -> str:
    before = request.args.get("before", type=int)
    with sandbox().store.read() as db:
        entries = webhook_log.listed(db, limit=PAGE, before=before)[::-1]
    older = entries[-1]["id"] if len(entries) == PAGE else None
    return render_template(
        "webhooks.html", webhooks=entries, outcome_labels=OUTCOME_LABELS, older=older
    )
