"""GET /payments/{imp_uid}/balance: what is left by kind of money and tax (contract 2.8).

PAYCO's payments only, as at the gateway; here all of the money is of the first kind.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Blueprint, Response

from sandbox.context import sandbox
from sandbox.state import payment_rows

from . import money, payment_object
from .envelope import business_failure, not_found, ok
from .payment_object import Document
from .receipts import VAT_PART

PROVIDER = "payco"
OTHER_PG = "PAYCO 결제건만 조회할 수 있습니다."

blueprint = Blueprint("balance", __name__)


@blueprint.get("/payments/<imp_uid>/balance")
def balance(imp_uid: str) -> Response:
    with sandbox().store.read() as db:
        record = payment_rows.get(db, imp_uid)
    if record is None:
        raise not_found()
    document = record.document
    is_payco = PROVIDER in (document.get("pg_provider"), document.get("emb_pg_provider"))
    if not is_payco or not payment_object.is_approved(document):
        raise business_failure(OTHER_PG)
    left = payment_object.remaining(document)
    return ok({"amount": document["amount"], **_blocks(left), "histories": _histories(document)})


def _histories(document: Document) -> list[dict[str, Any]]:
    """The balance as it was after the approval and after each refund."""
    left = money.parse(document.get("amount")) or Decimal(0)
    histories = [{**_blocks(left), "created": document.get("paid_at")}]
    for entry in document.get("cancel_history") or []:
        left -= money.parse(entry.get("amount")) or Decimal(0)
        histories.append({**_blocks(left), "created": entry.get("cancelled_at")})
    return histories


def _blocks(left: Decimal) -> dict[str, Any]:
    nothing = _block(Decimal(0))
    return {
        "cash_receipt": nothing,
        "primary": _block(left),
        "secondary": nothing,
        "discount": nothing,
    }


def _block(amount: Decimal) -> dict[str, Any]:
    """All of it taxed (contract 7.6)."""
    vat = (amount / VAT_PART).quantize(Decimal(1), ROUND_HALF_UP)
    taxed = {"supply": money.to_json(amount - vat), "vat": money.to_json(vat)}
    return {"tax_free": 0, **taxed, "service": 0}
