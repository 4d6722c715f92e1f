"""Amounts as the gateway writes them: won as integers, foreign decimals as numbers.

The contract leaves it open (contract 9#25).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any


def parse(value: Any) -> Decimal | None:
    """A finite number from JSON or a form field; None if it is not one."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def is_payable(amount: Decimal | None, currency: str) -> bool:
    """Positive, and whole for won (contract 7.1)."""
    return amount is not None and amount > 0 and is_whole(amount, currency)


def is_whole(amount: Decimal, currency: str) -> bool:
    return currency != "KRW" or amount == amount.to_integral_value()


def to_json(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
