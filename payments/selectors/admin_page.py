"""What the page of one payment reads: the order beside the gateway's answer, and what happened.

Everything is bounded: a payment that was asked about for years must open as quickly as a new one.
To compare one more field, add a line to `_FIELDS`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.kst import from_unix
from payments.models import Payment, PaymentEvent, WebhookDelivery
from payments.money import as_won

MAX_EVENTS = 200
MAX_DELIVERIES = 50


class Agreement(StrEnum):
    """How one field of the order and of the answer stand to each other."""

    SAME = "same"
    DIFFERENT = "different"
    # Said by one side only: the answer has no such field, or it is about an attempt that the order
    # is not bound to.
    ONE_SIDED = "one_sided"


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field, as the order has it and as the gateway told it."""

    label: str | Promise
    ours: object
    theirs: object
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Comparison:
    """The order beside the gateway's last answer; `event` is the row that holds it."""

    event: PaymentEvent
    fields: tuple[ComparedField, ...]


def _won(value: Any) -> object:
    try:
        return as_won(value)
    except ValueError:
        return value


def _time(value: Any) -> object:
    try:
        return from_unix(int(value or 0))
    except (ValueError, TypeError, OverflowError, OSError):
        return value


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# Our attribute, its label, the answer's field, and how the answer's value is read.
_FIELDS: tuple[tuple[str, str | Promise, str, Callable[[Any], object]], ...] = (
    ("merchant_uid", _("order number"), "merchant_uid", _text),
    ("imp_uid", _("PortOne payment id"), "imp_uid", _text),
    ("status", _("status"), "status", _text),
    ("amount", _("amount"), "amount", _won),
    ("cancelled_amount", _("refunded amount"), "cancel_amount", _won),
    ("currency", _("currency"), "currency", _text),
    ("pay_method", _("payment method"), "pay_method", _text),
    ("pg_provider", _("PG"), "pg_provider", _text),
    ("apply_num", _("approval number"), "apply_num", _text),
    ("vbank_num", _("virtual account"), "vbank_num", _text),
    ("paid_at", _("payment date"), "paid_at", _time),
    ("failed_at", _("failed at"), "failed_at", _time),
    ("cancelled_at", _("refunded at"), "cancelled_at", _time),
)


def comparison(payment: Payment, event: PaymentEvent) -> Comparison:
    """The order beside the answer that `event` holds."""
    return Comparison(event, tuple(_compared(payment, event.answer_data)))


def _compared(payment: Payment, answer: Mapping[str, Any]) -> Iterator[ComparedField]:
    for name, label, their_name, read in _FIELDS:
        ours = getattr(payment, name)
        ours = "" if ours is None and read is _text else ours
        theirs = read(answer.get(their_name))
        if their_name in answer and (ours or theirs):
            yield ComparedField(label, ours, theirs, _agreement(name, ours, theirs))


def _agreement(name: str, ours: object, theirs: object) -> Agreement:
    if ours == theirs:
        return Agreement.SAME
    # An open order is bound to no attempt yet, so the attempt's own facts contradict nothing.
    if ours in {"", None} and name not in {"merchant_uid", "currency"}:
        return Agreement.ONE_SIDED
    return Agreement.DIFFERENT


def timeline(payment: Payment) -> list[PaymentEvent]:
    """The newest events first, at most `MAX_EVENTS`."""
    return list(payment.events.order_by("-sequence")[:MAX_EVENTS])


def deliveries(payment: Payment) -> list[WebhookDelivery]:
    """The newest webhook deliveries about this payment, at most `MAX_DELIVERIES`."""
    return list(payment.deliveries.order_by("-pk")[:MAX_DELIVERIES])
