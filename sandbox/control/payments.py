"""POST /_sandbox/payments and what can be done to one payment without a window.

A payment is made as if a buyer had used the window. To add an outcome, add it to OUTCOMES and
to `_play`.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from sandbox import attempts
from sandbox.api import money, payment_object, prepare
from sandbox.api.envelope import dump
from sandbox.api.payment_object import Document
from sandbox.context import sandbox
from sandbox.state import payment_rows
from sandbox.state.payment_rows import Record

from . import input as take
from .input import InputError

OUTCOMES = ("paid", "failed", "ready", "vbank", "cancelled")
TIMES = ("started_at", "paid_at", "failed_at", "cancelled_at", "vbank_due")
TEXTS = (
    "merchant_uid", "imp_uid", "outcome", "pay_method", "pg", "channel", "name", "currency",
    "buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode", "customer_uid",
    "reason",
)  # fmt: skip
FLAGS = ("sandbox", "webhook", "ignore_prepare", "escrow")
OTHERS = ("amount", "cancel_amount", "custom_data", "notice_url", "fields")
KEYS = {*TIMES, *TEXTS, *FLAGS, *OTHERS}

blueprint = Blueprint("control_payments", __name__, url_prefix="/_sandbox/payments")


@blueprint.post("")
def create() -> Response:
    """One object or an array of them, in one transaction."""
    world, given = sandbox(), take.any_json()
    is_many = isinstance(given, list)
    items = [
        _checked(item, f"[{index}]." if is_many else "")
        for index, item in enumerate(given if is_many else [given])
    ]
    with world.store.write() as db:
        records = [_made(db, item) for item in items]
        try:
            payment_rows.insert(db, records)
        except sqlite3.IntegrityError:
            raise InputError("imp_uid", "is taken already", 409) from None
    world.webhooks.announce(
        [record for record, item in zip(records, items, strict=True) if _has_webhook(item)]
    )
    for record, item in zip(records, items, strict=True):
        if _outcome(item) == "cancelled" and item.get("webhook", True):
            world.webhooks.announce([record], _last_cancellation(record.document))
    if request.args.get("answer") == "count":
        return take.answer({"created": len(records)}, 201)
    documents = [record.document for record in records]
    return take.answer(documents if is_many else documents[0], 201)


def _outcome(item: dict[str, Any]) -> str:
    return str(item.get("outcome") or "paid")


def _has_webhook(item: dict[str, Any]) -> bool:
    """Paid and account issued: yes. Failed and abandoned: never (contract 5)."""
    return bool(item.get("webhook", True)) and _outcome(item) in ("paid", "vbank")


def _last_cancellation(document: Document) -> str:
    history = document.get("cancel_history") or [{}]
    return str(history[-1].get("cancellation_id") or "")


def _checked(item: Any, where: str) -> dict[str, Any]:
    given = take.checked(item, KEYS, where)
    for name in TEXTS:
        if given.get(name) is not None and not isinstance(given[name], str):
            raise InputError(where + name, "must be text")
    for name in FLAGS:
        take.flag(given, name, False, where)
    for name in TIMES:
        take.second(given, name, where)
    if not given.get("merchant_uid"):
        raise InputError(where + "merchant_uid", "is required")
    if _outcome(given) not in OUTCOMES:
        raise InputError(where + "outcome", f"must be one of {', '.join(OUTCOMES)}")
    if not isinstance(given.get("fields", {}), dict):
        raise InputError(where + "fields", "must be an object")
    _check_amounts(given, where)
    return given


def _check_amounts(given: dict[str, Any], where: str) -> None:
    amount = take.amount(given, "amount", where)
    if amount < 0:
        raise InputError(where + "amount", "must not be negative")
    if given.get("cancel_amount") is None:
        return
    if not 0 < take.amount(given, "cancel_amount", where) <= amount:
        raise InputError(where + "cancel_amount", "must be between 0 and amount")


def _made(db: sqlite3.Connection, item: dict[str, Any]) -> Record:
    world, amount = sandbox(), money.parse(item["amount"]) or Decimal(0)
    currency = item.get("currency") or "KRW"
    if not item.get("ignore_prepare"):
        registration = prepare.registered(db, item["merchant_uid"])
        if registration and not registration.allows(amount, currency):
            raise InputError("amount", "differs from the prepared amount", 409)
    imp_uid = item.get("imp_uid") or world.imp_uids.draw(db)
    started_at = _started_at(item, world.clock.timestamp())
    document = payment_object.opened(imp_uid, item, amount, started_at)
    _play(document, item, world.clock.timestamp())
    document.update(item.get("fields") or {})
    private = {"notice_url": notice_urls(item.get("notice_url"))}
    record = Record(imp_uid, item["merchant_uid"], document, private)
    if world.settings.visible_delay:
        record.visible_at = world.clock.now() + world.settings.visible_delay  # contract 9#35
    return record


def _started_at(item: dict[str, Any], now: int) -> int:
    """Not after the earliest time that is given."""
    if item.get("started_at") is not None:
        return int(item["started_at"])
    return min([now, *(int(item[name]) for name in TIMES[1:4] if item.get(name) is not None)])


def _play(document: Document, item: dict[str, Any], now: int) -> None:
    outcome, reason = _outcome(item), item.get("reason")
    receipt = attempts.receipt_url(document["imp_uid"])
    if outcome == "failed":
        payment_object.fail(document, item.get("failed_at") or now, reason or attempts.DECLINED)
    is_vbank = outcome == "vbank" or document["pay_method"] == "vbank"
    if is_vbank and outcome in ("vbank", "paid", "cancelled"):
        payment_object.issue_vbank(document, document["started_at"], item.get("vbank_due"))
    if outcome in ("paid", "cancelled"):
        paid_at = item.get("paid_at") or min(now, item.get("cancelled_at") or now)
        payment_object.approve(document, paid_at, receipt)
    if outcome == "cancelled":
        cancelled = money.parse(item.get("cancel_amount")) or payment_object.remaining(document)
        reason = reason or payment_object.CONSOLE_CANCEL_REASON
        payment_object.cancel(document, cancelled, reason, item.get("cancelled_at") or now)


def notice_urls(value: Any) -> list[str]:
    urls = [value] if isinstance(value, str) else value or []
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise InputError("notice_url", "must be a URL or a list of URLs")
    return [url for url in urls if url]


@blueprint.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    return take.answer(attempts.get(imp_uid).document)


@blueprint.post("/<imp_uid>/deposit")
def deposit(imp_uid: str) -> Response:
    """Into the account that waits; who paid in is told if `depositor_name` says so."""
    depositor = take.json_object({"depositor_name"}).get("depositor_name")
    if depositor is not None and not isinstance(depositor, str):
        raise InputError("depositor_name", "must be text")
    return take.answer(attempts.deposit(imp_uid, depositor).document)


@blueprint.post("/<imp_uid>/cancel")
def cancel(imp_uid: str) -> Response:
    given = take.json_object({"amount", "reason", "cancelled_at"})
    amount = None if given.get("amount") is None else take.amount(given, "amount")
    reason = str(given.get("reason") or payment_object.CONSOLE_CANCEL_REASON)
    at = take.second(given, "cancelled_at")
    return take.answer(attempts.console_cancel(imp_uid, amount, reason, at).document)


@blueprint.post("/<imp_uid>/take-back")
def take_back(imp_uid: str) -> Response:
    """A refund undone: the one of `cancellation_id`, or the last."""
    given = take.json_object({"cancellation_id"})
    cancellation_id = given.get("cancellation_id")
    if cancellation_id is not None and not isinstance(cancellation_id, str):
        raise InputError("cancellation_id", "must be text")
    return take.answer(attempts.take_back(imp_uid, cancellation_id).document)


@blueprint.post("/<imp_uid>/fail")
def fail(imp_uid: str) -> Response:
    given = take.json_object({"reason"})
    return take.answer(
        attempts.fail(imp_uid, str(given.get("reason") or attempts.DECLINED)).document
    )


@blueprint.post("/<imp_uid>/webhook")
def resend(imp_uid: str) -> Response:
    return take.answer({"sent": len(sandbox().webhooks.resend(attempts.get(imp_uid)))})


@blueprint.patch("/<imp_uid>")
def override(imp_uid: str) -> Response:
    """Raw: any field, any value. The keys it is found by stay (payment_rows)."""
    given = take.json_object()
    with sandbox().store.write() as db:
        record = payment_rows.get(db, imp_uid)
        if record is None:
            raise LookupError(imp_uid)
        record.document.update(given)
        payment_rows.save(db, record)
    return take.answer(record.document)


@blueprint.delete("/<imp_uid>")
def delete(imp_uid: str) -> Response:
    with sandbox().store.write() as db:
        if not payment_rows.delete(db, imp_uid):
            raise LookupError(imp_uid)
    return Response(dump({"deleted": imp_uid}), mimetype="application/json")
