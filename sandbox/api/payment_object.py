"""The Payment object of contract 3 and how it changes: pure functions on a dict.

The dict is exactly what the gateway answers. To add a pay_method, add its lines to
`APPROVED_BY` (what an approval fills) and, if it is a wallet, to WALLETS.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from . import money

Document = dict[str, Any]

STATUSES = ("ready", "paid", "failed", "cancelled")
WALLETS = ("kakaopay", "naverpay", "payco", "tosspay", "lpay", "ssgpay", "skpay", "pinpay")
DEFAULT_PG, DEFAULT_MID = "html5_inicis", "INIpayTest"
VBANK_DAYS = 30  # contract 7.4: Inicis' default when vbank_due is missing
CONSOLE_CANCEL_REASON = "관리자페이지취소"  # contract 3.3

_CAPITALS = string.ascii_uppercase + string.digits
_BUYER = ("buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode")
_EMPTY: Document = {
    "imp_uid": "", "merchant_uid": "", "pay_method": "card", "channel": "pc",
    "pg_provider": DEFAULT_PG, "emb_pg_provider": None, "pg_tid": None, "pg_id": DEFAULT_MID,
    "sandbox": False, "escrow": False, "apply_num": None, "bank_code": None, "bank_name": None,
    "card_code": None, "card_name": None, "card_issuer_code": None, "card_issuer_name": None,
    "card_publisher_code": None, "card_publisher_name": None, "card_quota": 0,
    "card_number": None, "card_type": None, "vbank_code": None, "vbank_name": None,
    "vbank_num": None, "vbank_holder": None, "vbank_date": 0, "vbank_issued_at": 0,
    "name": None, "amount": 0, "cancel_amount": 0, "currency": "KRW", "buyer_name": None,
    "buyer_email": None, "buyer_tel": None, "buyer_addr": None, "buyer_postcode": None,
    "custom_data": None, "user_agent": "sorry_not_supported_anymore", "status": "ready",
    "started_at": 0, "paid_at": 0, "failed_at": 0, "cancelled_at": 0, "fail_reason": None,
    "cancel_reason": None, "receipt_url": None, "cancel_history": [], "deposit_history": [],
    "cancel_receipt_urls": [], "cash_receipt_issued": False, "customer_uid": None,
    "customer_uid_usage": None, "promotion": None,
}  # fmt: skip


def opened(imp_uid: str, params: Document, amount: Decimal, started_at: int) -> Document:
    """The row from the moment the window opens: PG-side fields are null (contract 3.1)."""
    pay_method = params.get("pay_method") or "card"
    document = {
        **_EMPTY,
        "cancel_history": [],
        "deposit_history": [],
        "cancel_receipt_urls": [],
        "imp_uid": imp_uid,
        "merchant_uid": params["merchant_uid"],
        "pay_method": "samsung" if pay_method == "samsungpay" else pay_method,  # contract 9#26
        "channel": params.get("channel") or "pc",
        "name": params.get("name"),
        "amount": money.to_json(amount),
        "currency": params.get("currency") or "KRW",
        "escrow": params.get("escrow") is True,
        "sandbox": params.get("sandbox") is True,
        "customer_uid": params.get("customer_uid"),
        "custom_data": custom_data_text(params.get("custom_data")),
        "started_at": started_at,
    }
    document.update({field: params.get(field) for field in _BUYER})
    document.update(_pg_of(pay_method, params.get("pg")))
    return document


def custom_data_text(value: Any) -> str | None:
    """Contract 9#24: kept as JSON text, an object's as well as a string's."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _pg_of(pay_method: str, pg: str | None) -> Document:
    """`provider` or `provider.MID`; a wallet in another PG's window is `emb_` (contract 3.1)."""
    wallet = pay_method if pay_method in WALLETS else None
    provider, _, mid = (pg or wallet or DEFAULT_PG).partition(".")
    return {
        "pg_provider": provider,
        "pg_id": mid or (DEFAULT_MID if provider == DEFAULT_PG else f"{provider}_test"),
        "emb_pg_provider": wallet if wallet and wallet != provider else None,
    }


def approve(document: Document, at: int, receipt_url: str, amount: Decimal | None = None) -> None:
    if amount is not None:
        document["amount"] = money.to_json(amount)
    fill = APPROVED_BY.get(document["pay_method"])
    if fill is not None:
        document.update(fill(document))
    document.update(
        status="paid",
        paid_at=at,
        pg_tid=document["pg_tid"] or _pg_tid(document, at),
        receipt_url=receipt_url,
    )


def _card(_document: Document) -> Document:
    return {
        "apply_num": _digits(8),
        "card_code": "366",
        "card_name": "신한카드",
        "card_number": f"465887{'*' * 6}{_digits(4)}",  # contract 9#37
        "card_type": random.randrange(2),
        "card_quota": 0,
    }


def _trans(_document: Document) -> Document:
    return {"bank_code": "004", "bank_name": "KB국민은행"}


def _kakaopay(document: Document) -> Document:
    """Kakao money: no card behind it (contract 3.1, pitfall 20)."""
    return {"pay_method": "point" if document["emb_pg_provider"] else "kakaopay"}


APPROVED_BY: dict[str, Callable[[Document], Document]] = {
    "card": _card,
    "trans": _trans,
    "samsung": _card,
    "kakaopay": _kakaopay,
}


def issue_vbank(
    document: Document, at: int, due: int | None, account: Document | None = None
) -> None:
    """Still ready, but with an account (contract 3.2). The buyer may have picked it inside.

    `account` holds what the shop chose of it: vbank_code, vbank_name, vbank_num, vbank_holder.
    """
    document.update(
        pay_method="vbank",
        status="ready",
        pg_tid=_pg_tid({**document, "pay_method": "vbank"}, at),
        vbank_date=due or at + VBANK_DAYS * 86400,
        vbank_issued_at=at,
        **{**_account(), **(account or {})},
    )


def _account() -> Document:
    return {
        "vbank_code": "088",
        "vbank_name": "신한은행",
        "vbank_num": f"562{_digits(11)}",
        "vbank_holder": "(주)샌드박스",
    }


def deposit(document: Document, at: int, receipt_url: str, depositor: str | None = None) -> None:
    """Contract 9#23: vbank_* stay, bank_* stay null. A depositor is told as in contract 3.9."""
    document.update(status="paid", paid_at=at, receipt_url=receipt_url)
    if depositor:
        entry = {
            "pg_tid": document["pg_tid"],
            "amount": document["amount"],
            "depositor_name": depositor,
            "deposited_at": at,
        }
        document["deposit_history"] = [*(document["deposit_history"] or []), entry]


def fail(document: Document, at: int, reason: str) -> None:
    document.update(status="failed", failed_at=at, fail_reason=reason)


def cancel(document: Document, amount: Decimal, reason: str | None, at: int) -> str:
    """Any cancel, even a partial one, makes it `cancelled`; paid_at stays (contract 2.7, 9#22)."""
    cancellation_id = "".join(random.choice(_CAPITALS) for _ in range(20))
    entry = {
        "pg_tid": document["pg_tid"],
        "amount": money.to_json(amount),
        "cancelled_at": at,
        "reason": reason or "",
        "cancellation_id": cancellation_id,
        "receipt_url": document["receipt_url"],
    }
    document["cancel_amount"] = money.to_json(cancelled_amount(document) + amount)
    _keep(document, sorted([*(document["cancel_history"] or []), entry], key=_cancelled_at))
    return cancellation_id


def take_back(document: Document, entry: Document) -> None:
    """A refund undone at the PG on its day. What the gateway then shows is documented nowhere.

    Here the entry is gone and its amount with it; without any other the payment is paid again.
    """
    amount = money.parse(entry.get("amount")) or Decimal(0)
    document["cancel_amount"] = money.to_json(cancelled_amount(document) - amount)
    _keep(document, [other for other in document["cancel_history"] if other is not entry])


def _keep(document: Document, history: list[Document]) -> None:
    """Oldest first (contract 3.4); time and reason of the payment are those of the last."""
    last = history[-1] if history else {}
    document.update(
        status="cancelled" if history else "paid",
        cancelled_at=_cancelled_at(last),
        cancel_reason=last.get("reason") or None,
        cancel_history=history,
    )
    if document["receipt_url"]:
        document["cancel_receipt_urls"] = [entry.get("receipt_url") for entry in history]


def _cancelled_at(entry: Any) -> int:
    """Raw overrides may have put anything into a history."""
    value = entry.get("cancelled_at") if isinstance(entry, dict) else 0
    return int(value) if isinstance(value, int | float) else 0


def cancelled_amount(document: Document) -> Decimal:
    return money.parse(document.get("cancel_amount")) or Decimal(0)


def remaining(document: Document) -> Decimal:
    return (money.parse(document.get("amount")) or Decimal(0)) - cancelled_amount(document)


def is_approved(document: Document) -> bool:
    return document.get("status") in ("paid", "cancelled")


def awaits_deposit(document: Document) -> bool:
    return document.get("status") == "ready" and bool(document.get("vbank_num"))


def _digits(count: int) -> str:
    return str(random.randrange(10**count)).zfill(count)


def _pg_tid(document: Document, at: int) -> str:
    kind = {"card": "CARD", "trans": "DBNK", "vbank": "VBNK", "phone": "HPP_"}
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d%H%M%S")
    prefix = kind.get(document["pay_method"], "EASY")
    return f"Stdpay{prefix}{document['pg_id'][:10]}{stamp}{_digits(6)}"
