"""How one field of a side that is compared looks: ours beside the gateway's.

For the page of a payment and that of a discrepancy. A field that is neither an amount, a moment, a
status nor a flag and is not to be shown as it is gets its case in `compared_value`.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.core.money import with_separators
from payments.states import PaymentStatus, status_label

from .display import NOTHING, instalments, moment, pay_method, pg_provider, won

Value = str | SafeString


def compared_value(name: str, value: object, side: Mapping[str, object]) -> Value:
    """One field of a side whose figures are `side`: a status is said with its sums."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name == "card_quota" and isinstance(value, int | None):
        return instalments(value) or NOTHING
    if isinstance(value, int):
        return won(value) if name != "currency" else with_separators(value)
    if value in {"", None}:
        return NOTHING
    if name == "status":
        return _status(str(value), side)
    if name == "pg_provider":
        return _provider(str(value))
    return pay_method(str(value)) if name == "pay_method" else str(value)


def _provider(code: str) -> str:
    """By name, and by the code: one company has several."""
    name = pg_provider(code)
    return f"{name} ({code})" if name != code else code


def _status(value: str, side: Mapping[str, object]) -> str:
    """In words, and as the gateway spells it, so that it can be found in the gateway's console."""
    if value not in PaymentStatus.values:
        return value
    sums = {name: side.get(name) for name in ("amount", "cancelled_amount")}
    return f"{status_label(value, **sums)} ({value})"
