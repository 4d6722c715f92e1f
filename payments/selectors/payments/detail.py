"""What the page of one payment compares: the order beside the gateway's answer, field by field.

What happened to it is read by `timeline`. To compare one more field, add a line to `_FIELDS`; a
finding that no field shows yet gets its field in `_FIELDS_OF`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from payments.core.kst import from_unix
from payments.core.money import as_won
from payments.models import Payment, PaymentEvent
from payments.states import EventKind, Finding

# Rows after an answer that are looked through for what they changed.
MAX_SINCE = 50


class Agreement(StrEnum):
    """How one field of the order and of the answer stand to each other."""

    SAME = "same"
    DIFFERENT = "different"
    # Ours moved on after this answer, as when staff close an order: no contradiction.
    CHANGED_SINCE = "changed_since"
    # The order is not bound to the attempt that the answer is about, so it has no such fact yet.
    ONLY_THERE = "only_there"
    # The answer has no such field, or there is no answer.
    ONLY_HERE = "only_here"


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field, as the order has it and as the gateway's answer has it."""

    name: str
    label: str | Promise
    ours: object
    theirs: object
    agreement: Agreement
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The order beside an answer of the gateway; `event` is the row that holds it, None: no answer.

    `is_superseded`: a newer answer exists, but it was about another attempt, so the difference that
    this one showed still stands.
    """

    event: PaymentEvent | None
    findings: tuple[Finding, ...]
    fields: tuple[ComparedField, ...]
    is_superseded: bool


def _won(value: Any) -> object:
    try:
        return as_won(value)
    except ValueError:
        return value


def _time(value: Any) -> object:
    try:
        when = from_unix(int(value or 0))
    except (ValueError, TypeError, OverflowError, OSError):
        return value
    # A second that no zone can show any more is shown as it came.
    return value if when and when.year > 9998 else when


def _flag(value: Any) -> object:
    return value is True


def _count(value: Any) -> object:
    return value if type(value) is int else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# Our column, the answer's field, and how the answer's value is read.
_FIELDS: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("merchant_uid", "merchant_uid", _text),
    ("imp_uid", "imp_uid", _text),
    ("status", "status", _text),
    ("amount", "amount", _won),
    ("cancelled_amount", "cancel_amount", _won),
    ("currency", "currency", _text),
    ("pay_method", "pay_method", _text),
    ("pg_provider", "pg_provider", _text),
    ("pg_id", "pg_id", _text),
    ("pg_tid", "pg_tid", _text),
    ("apply_num", "apply_num", _text),
    ("card_name", "card_name", _text),
    ("card_quota", "card_quota", _count),
    ("bank_name", "bank_name", _text),
    ("is_test", "sandbox", _flag),
    ("vbank_num", "vbank_num", _text),
    ("paid_at", "paid_at", _time),
    ("failed_at", "failed_at", _time),
    ("cancelled_at", "cancelled_at", _time),
)
# What a finding is about: these differ, whatever a plain comparison of the two values says.
_FIELDS_OF = {
    Finding.MERCHANT_UID: "merchant_uid",
    Finding.IMP_UID: "imp_uid",
    Finding.IMP_UID_TAKEN: "imp_uid",
    Finding.AMOUNT: "amount",
    Finding.CURRENCY: "currency",
    Finding.SECOND_APPROVAL: "imp_uid",
    Finding.STATUS: "status",
    Finding.UNKNOWN_STATUS: "status",
    Finding.REFUND: "cancelled_amount",
    Finding.REFUND_GONE: "cancelled_amount",
    Finding.NO_PAYMENT_TIME: "paid_at",
    Finding.PAID_AT: "paid_at",
    Finding.TEST_PAYMENT: "is_test",
}


def comparison(payment: Payment, *, open_attempts: Sequence[str]) -> Comparison:
    """The order beside the answer that matters, or alone while there is no answer.

    That is the last about an attempt of which something is open (`flags.open_attempts`), else the
    last about the order's own: a question about another attempt must neither hide what is still to
    be cleared up, nor pass for a difference.
    """
    answers = payment.events.exclude(answer="").order_by("-sequence")
    newest = answers.first()
    if newest is None:
        return Comparison(None, (), tuple(_compared(payment, {})), False)
    about = set(open_attempts) or {payment.imp_uid or ""}
    answer = newest if newest.imp_uid in about else answers.filter(imp_uid__in=about).first()
    answer = answer or newest
    findings = findings_of(answer)
    since = _changed_since(payment, answer)
    fields = tuple(_compared(payment, answer.answer_data, findings, since))
    return Comparison(answer, findings, fields, answer != newest)


def findings_of(event: PaymentEvent) -> tuple[Finding, ...]:
    """What was found to differ; nothing for any row but a discrepancy."""
    if event.kind != EventKind.DISCREPANCY:
        return ()
    known = set(Finding.values)
    return tuple(Finding(code) for code in event.reason_code.split(",") if code in known)


def _changed_since(payment: Payment, answer: PaymentEvent) -> frozenset[str]:
    """Our fields that a later row has set."""
    later = payment.events.filter(sequence__gt=answer.sequence).order_by("-sequence")
    rows = later.values_list("changes", flat=True)[:MAX_SINCE]
    return frozenset(name for changes in rows for name in changes)


def _compared(
    payment: Payment,
    answer: Mapping[str, Any],
    findings: tuple[Finding, ...] = (),
    since: frozenset[str] = frozenset(),
) -> Iterator[ComparedField]:
    for name, their_name, read in _FIELDS:
        label = Payment.label(name)
        ours = getattr(payment, name)
        ours = "" if ours is None and read is _text else ours
        theirs = read(answer.get(their_name))
        about = tuple(finding for finding in findings if _FIELDS_OF.get(finding) == name)
        if about:
            yield ComparedField(name, label, ours, theirs, Agreement.DIFFERENT, about)
        elif their_name not in answer:
            if ours:
                yield ComparedField(name, label, ours, "", Agreement.ONLY_HERE)
        elif ours or theirs:
            agreement = _agreement(name, ours, theirs)
            if agreement is Agreement.DIFFERENT and name in since:
                agreement = Agreement.CHANGED_SINCE
            yield ComparedField(name, label, ours, theirs, agreement)


def _agreement(name: str, ours: object, theirs: object) -> Agreement:
    if ours == theirs:
        return Agreement.SAME
    # An open order is bound to no attempt yet, so the attempt's own facts contradict nothing.
    if ours in {"", None} and name not in {"merchant_uid", "currency"}:
        return Agreement.ONLY_THERE
    return Agreement.DIFFERENT
