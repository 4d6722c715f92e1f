"""How one field of a side that is compared looks: ours beside the gateway's.

For the page of a payment and that of a discrepancy. A field that is neither an amount, a moment, a
status nor a flag and is not to be shown as it is gets its case in `compared_value`, and a kind of
field that is no single value its own function.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.core.kst import from_unix
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
    if isinstance(value, tuple):
        return _refunds(value)
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


def _refunds(refunds: tuple[tuple[object, int], ...]) -> Value:
    """Each on a line of its own, with its time."""
    lines = (
        (won(amount) if isinstance(amount, int) else str(amount), _moment(second))
        for amount, second in refunds
    )
    return format_html_join("", "<div>{} {}</div>", lines) if refunds else NOTHING


def _moment(second: int) -> Value:
    when = from_unix(second)
    return moment(when) if when and when.year < 9999 else NOTHING


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
