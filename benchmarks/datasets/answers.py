"""What the gateway would have said of a payment that is written without asking it.

For books and for the past: with it an event proves what it books, as a real one does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from payments.iamport import read_payment
from payments.ledger import Draft
from payments.models import Payment
from payments.services.verification.movements import drafts

Refund = tuple[int, datetime]


def told(
    payment: Payment,
    *,
    imp_uid: str,
    paid_at: datetime,
    refunds: Sequence[Refund] = (),
    **facts: Any,
) -> dict[str, Any]:
    """The answer about an approved payment; `refunds` in won, in their order.

    `facts` are further fields of the answer, or others than an approved payment has.
    """
    history = [
        {
            "amount": amount,
            "cancelled_at": int(at.timestamp()),
            "cancellation_id": f"{imp_uid}-{number}",
            "reason": "환불",
        }
        for number, (amount, at) in enumerate(refunds, start=1)
    ]
    return {
        "imp_uid": imp_uid,
        "merchant_uid": payment.merchant_uid,
        "status": "cancelled" if refunds else "paid",
        "amount": payment.amount,
        "cancel_amount": sum(amount for amount, _at in refunds),
        "currency": payment.currency,
        "sandbox": False,
        "pay_method": payment.pay_method,
        "pg_provider": payment.pg_provider or "html5_inicis",
        "paid_at": int(paid_at.timestamp()),
        "cancelled_at": int(refunds[-1][1].timestamp()) if refunds else 0,
        "cancel_history": history,
    } | facts


def money_of(
    answer: dict[str, Any], *, standing: Sequence[Any] = (), is_own: bool = True
) -> tuple[Draft, ...]:
    """The movements that follow from it, beside those that stand."""
    return drafts(answer=read_payment(answer), standing=standing, is_own=is_own)
