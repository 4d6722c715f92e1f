"""An order beside the gateway's answer: what agrees, what does not, and what follows.

Pure: no database, no clock, no network. `compare` gives a `Verdict`; `services.verification.verify`
writes it down. Which fields are compared, and what follows, is said by `compared_fields`; to check
one more thing that is no field of both sides, add a `Finding` and the line that finds it. What an
answer tells of our columns stands at the end: taken by the attempt's steps, filled once, followed.

An answer that contradicts itself (`contradictions`) is a finding, not "no answer": the gateway has
spoken, it says so again next time, and a person has to see it. What can't be read at all, or names
one id twice, is no answer (`iamport`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from payments.compared_fields import BY_NAME, MUST_EQUAL, Rule
from payments.comparing import are_credible, differing, due_of, ours_of
from payments.core.kst import from_unix
from payments.core.text import web_url
from payments.iamport import GatewayPayment
from payments.iamport.fields import ASIDE, FACTS, NAMING_FACTS
from payments.models import Payment
from payments.states import APPROVED, MONEYLESS, EventKind, Finding, PaymentStatus

# The answer is not about this order at all.
OF_ANOTHER_ORDER = frozenset({Finding.MERCHANT_UID, Finding.IMP_UID, Finding.IMP_UID_TAKEN})
# Our column, the gateway's name, and what it is called where the two are not equal. Which attempt
# an answer is about follows from the question.
_ORDERED = tuple(
    (row.name, row.theirs, finding)
    for row in MUST_EQUAL
    if row.name != "imp_uid"
    for finding in row.finds
)
# Findings about what an approval has told.
_OF_DETAILS = (Finding.PAID_AT, Finding.DETAILS)
_DUE = "vbank_due"
_FILLED = frozenset(name for name in FACTS if BY_NAME[name].rule is Rule.FILL)
_FOLLOWED = frozenset(FACTS) - _FILLED
# What fills our columns, in their order.
_FACTS_OF, _ASIDE_OF = attrgetter(*FACTS.values()), attrgetter(*ASIDE.values())


@dataclass(frozen=True, slots=True)
class Step:
    """One row for the ledger: what happened and which fields it sets. Amount in won."""

    kind: EventKind
    changes: dict[str, Any] = field(default_factory=dict)
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either findings, and then no steps; or the steps (none: everything agrees already).

    `details` are findings that hold nothing up: money and status follow all the same.
    """

    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    details: tuple[Finding, ...] = ()

    @property
    def every_finding(self) -> tuple[Finding, ...]:
        """What differs, whether it holds something up or not."""
        return (*self.findings, *self.details)


def compare(
    *,
    payment: Payment,
    answer: GatewayPayment,
    asked_imp_uid: str,
    imp_uid_taken: bool,
    accepts_test_payments: bool,
    now: datetime,
) -> Verdict:
    """What the gateway's answer means for this order (contract 6.2).

    An answer that differs from the order (its number, attempt, amount, currency) or contradicts
    itself moves nothing. One that is about this attempt of this order and tells a *detail* of it
    otherwise than its approval did (an approval number, the time of payment) is believed about
    money: the refund in it is on the PG's sheet, whatever the approval number is, and nobody could
    book it later, because no step takes a detail over. So money comes first, and the detail stays
    as it was and is a finding beside it (decision 0009).

    `asked_imp_uid` is the id that was asked for, "" if the order number was. `imp_uid_taken` says
    whether another order holds the answer's imp_uid.
    """
    findings = tuple(
        _differences(payment, answer, asked_imp_uid, imp_uid_taken, accepts_test_payments)
    )
    if _is_another_attempt(payment, answer) and OF_ANOTHER_ORDER.isdisjoint(findings):
        return Verdict(
            findings=findings_of_another(
                payment=payment,
                answer=answer,
                accepts_test_payments=accepts_test_payments,
                now=now,
            )
        )
    if findings:
        return Verdict(findings=findings)
    findings = contradictions(answer=answer, ordered_at=payment.requested_at, now=now)
    if findings:
        return Verdict(findings=findings)
    verdict = _VERDICTS.get(answer.status, _unknown_status)(payment, answer)
    details = tuple(dict.fromkeys(_details(payment, answer)))
    return replace(verdict, details=details) if details else verdict


def findings_of_another(
    *, payment: Payment, answer: GatewayPayment, accepts_test_payments: bool, now: datetime
) -> tuple[Finding, ...]:
    """What is said against another attempt than the one that has settled the order.

    Its amount is its own: whatever it is, it is money on the PG's sheet. One that brought none, or
    has given all of it back, says nothing against the one that did.
    """
    if answer.status in MONEYLESS:
        return ()
    if answer.sandbox and not accepts_test_payments:
        return (Finding.TEST_PAYMENT,)
    odd = contradictions(answer=answer, ordered_at=payment.requested_at, now=now)
    if answer.status in APPROVED and not answer.holds_money:
        return odd
    other_money = () if answer.currency == payment.currency else (Finding.CURRENCY,)
    return (Finding.SECOND_APPROVAL, *other_money, *odd)


def _details(payment: Payment, answer: GatewayPayment) -> Iterator[Finding]:
    """What it tells of the attempt's approval otherwise than it stands."""
    for row in differing(ours_of(payment), answer):
        yield from (finding for finding in _OF_DETAILS if finding in row.finds)


def _differences(
    payment: Payment, answer: GatewayPayment, asked: str, taken: bool, accepts_test: bool
) -> Iterator[Finding]:
    if asked and answer.imp_uid != asked:
        yield Finding.IMP_UID
    if taken:
        yield Finding.IMP_UID_TAKEN
    for ours, theirs, finding in _ORDERED:
        if getattr(answer, theirs) != getattr(payment, ours):
            yield finding
    if answer.sandbox and not accepts_test:
        yield Finding.TEST_PAYMENT


def contradictions(
    *, answer: GatewayPayment, ordered_at: datetime, now: datetime
) -> tuple[Finding, ...]:
    """What can't be true of an answer about an order made at `ordered_at`; () if all may be.

    The reconciliation asks this, too: neither calls such an answer agreeing.
    """
    return tuple(_contradictions(answer, ordered_at, now))


def _contradictions(
    answer: GatewayPayment, ordered_at: datetime, now: datetime
) -> Iterator[Finding]:
    history = answer.cancel_history
    # An answer may leave the history out (contract 3); if it has one, it adds up (contract 3.4).
    parts = [entry.amount for entry in history]
    if history and (sum(parts) != answer.cancel_amount or min(parts) <= 0):
        yield Finding.HISTORY
    if answer.cancel_amount > answer.amount:
        yield Finding.REFUND
    times = (answer.started_at, answer.paid_at, answer.failed_at, answer.cancelled_at)
    seconds = (*times, *(entry.cancelled_at for entry in history))
    if not are_credible(seconds, ordered_at=ordered_at, now=now):
        yield Finding.TIME
    # Parsing takes the newest time of the history if the payment itself has none.
    if answer.status == PaymentStatus.CANCELLED and not answer.cancelled_at:
        yield Finding.NO_REFUND_TIME


def _is_another_attempt(payment: Payment, answer: GatewayPayment) -> bool:
    """Whether the order is settled already, by another attempt than the answer's."""
    return payment.status in APPROVED and answer.imp_uid != payment.imp_uid


def _ready(payment: Payment, answer: GatewayPayment) -> Verdict:
    if payment.status in APPROVED:
        return Verdict(findings=(Finding.STATUS,))
    if payment.status == PaymentStatus.READY and answer.is_awaiting_deposit:
        if answer.imp_uid != payment.imp_uid or answer.vbank_num != payment.vbank_num:
            facts = facts_of_attempt(payment=payment, answer=answer)
            return Verdict(steps=(Step(EventKind.VBANK_ISSUED, facts),))
        due = due_of(answer, ordered_at=payment.requested_at)
        if due and due != payment.vbank_due:
            # The deadline of an account can be moved (contract 2.9), also back.
            return Verdict(steps=(Step(EventKind.VBANK_MOVED, {"vbank_due": due}),))
    # A window that is open or was closed stays `ready` at the gateway for ever (contract 3.2).
    return Verdict()


def _paid(payment: Payment, answer: GatewayPayment) -> Verdict:
    if answer.cancel_amount != 0:
        return Verdict(findings=(Finding.REFUND,))
    if payment.status == PaymentStatus.CANCELLED:
        return Verdict(findings=(Finding.REFUND_GONE,))
    if not answer.paid_at:
        return Verdict(findings=(Finding.NO_PAYMENT_TIME,))
    if payment.status == PaymentStatus.PAID:
        return Verdict()
    return Verdict(steps=(_approval(payment, answer),))


def _failed(payment: Payment, answer: GatewayPayment) -> Verdict:
    if payment.status in APPROVED:
        return Verdict(findings=(Finding.STATUS,))
    # A customer who waits to pay into a virtual account may have tried a card in between.
    waits_elsewhere = payment.is_awaiting_deposit and answer.imp_uid != payment.imp_uid
    if payment.status == PaymentStatus.FAILED or waits_elsewhere:
        return Verdict()
    changes = facts_of_attempt(payment=payment, answer=answer) | {
        "status": PaymentStatus.FAILED,
        "failed_at": from_unix(answer.failed_at),
        "fail_reason": answer.fail_reason,
    }
    return Verdict(steps=(Step(EventKind.FAILED, changes),))


def _cancelled(payment: Payment, answer: GatewayPayment) -> Verdict:
    refunded = int(answer.cancel_amount)
    if not 0 < refunded <= payment.amount:
        return Verdict(findings=(Finding.REFUND,))
    if refunded < payment.cancelled_amount:
        return Verdict(findings=(Finding.REFUND_GONE,))
    if payment.status == PaymentStatus.CANCELLED and refunded == payment.cancelled_amount:
        return Verdict()
    refund = _refund(payment, answer, refunded)
    if payment.status in APPROVED:
        return Verdict(steps=(refund,))
    if not answer.paid_at:
        return Verdict(findings=(Finding.NO_PAYMENT_TIME,))
    # Approved and refunded before we looked: both are movements of money, so both get a row.
    return Verdict(steps=(_approval(payment, answer), refund))


def _unknown_status(payment: Payment, answer: GatewayPayment) -> Verdict:
    return Verdict(findings=(Finding.UNKNOWN_STATUS,))


_VERDICTS = {
    PaymentStatus.READY.value: _ready,
    PaymentStatus.PAID.value: _paid,
    PaymentStatus.FAILED.value: _failed,
    PaymentStatus.CANCELLED.value: _cancelled,
}


def _approval(payment: Payment, answer: GatewayPayment) -> Step:
    changes = facts_of_attempt(payment=payment, answer=answer) | {
        "status": PaymentStatus.PAID,
        "paid_at": from_unix(answer.paid_at),
        "failed_at": None,
        "fail_reason": "",
    }
    return Step(EventKind.PAID, changes, amount=payment.amount)


def _refund(payment: Payment, answer: GatewayPayment, refunded: int) -> Step:
    changes = {
        "status": PaymentStatus.CANCELLED,
        "cancelled_amount": refunded,
        "cancelled_at": from_unix(answer.cancelled_at),
    }
    if payment.status in APPROVED:
        changes |= filled_facts(payment=payment, answer=answer)
    return Step(EventKind.CANCELLED, changes, amount=payment.cancelled_amount - refunded)


def refund_change(*, payment: Payment, answer: GatewayPayment) -> Step:
    """The refunds as the gateway tells them now; only after a person has confirmed the change."""
    refunded = int(answer.cancel_amount)
    changes = {
        "status": PaymentStatus.CANCELLED if refunded else PaymentStatus.PAID,
        "cancelled_amount": refunded,
        "cancelled_at": from_unix(answer.cancelled_at),
        "cancel_reason": answer.cancel_reason,
    }
    return Step(EventKind.REFUND_CHANGED, changes, amount=payment.cancelled_amount - refunded)


# --- What an answer tells of our columns ---------------------------------------------------------
# Each value fits its column: it was read by its limit (`iamport.fields`).


def facts_of_attempt(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What an answer tells that binds the order to its attempt, or speaks of the bound one.

    What an answer does not tell stays as it was told before, unless that was about another attempt:
    then nothing of it holds. A virtual account so stays on record after the deposit. `pay_method`
    may differ from the one that was asked for.
    """
    told = _told_facts(payment, answer) | {"imp_uid": answer.imp_uid}
    if due := due_of(answer, ordered_at=payment.requested_at):
        told[_DUE] = due
    if payment.imp_uid in {None, answer.imp_uid}:
        return told
    return {name: _blank(name) for name in (*FACTS, _DUE)} | told


def filled_facts(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """The facts that it tells and that nothing has told before, and what has changed rightly.

    One that stands is overwritten by none: two answers that differ would take turns for ever. It
    is a finding (`compare`), where the order has its money. A later receipt, a deposit's due date,
    the time of a refund are followed.
    """
    # Most tell what we know.
    news = {
        name: value
        for name, value in _told_facts(payment, answer).items()
        if value != getattr(payment, name)
    }
    missing = {
        name: value
        for name, value in news.items()
        if name in _FILLED and not _says_something(getattr(payment, name))
    }
    followed = {name: value for name, value in news.items() if name in _FOLLOWED}
    due = due_of(answer, ordered_at=payment.requested_at)
    if due and due != payment.vbank_due:
        followed[_DUE] = due
    return missing | followed | _times(payment, answer)


def _times(payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """Of a refund the time of the last one, where each is told; of a failure the missing one."""
    status = payment.status
    if status != answer.status:
        return {}
    if status == PaymentStatus.FAILED and not payment.failed_at and answer.failed_at:
        return {"failed_at": from_unix(answer.failed_at)}
    is_same_sum = answer.cancel_amount == payment.cancelled_amount
    cancelled_at = from_unix(answer.cancelled_at)
    if status != PaymentStatus.CANCELLED or not (is_same_sum and answer.cancel_history):
        return {}
    return {} if cancelled_at in {None, payment.cancelled_at} else {"cancelled_at": cancelled_at}


def told_persons(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What it says of who bought and who paid in, which no event may hold.

    Nothing once that was erased: no answer brings it back.
    """
    return {} if payment.personal_erased_at else _told(ASIDE, _ASIDE_OF(answer))


def _told_facts(payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What it says of the facts of our columns."""
    told = _told(FACTS, _FACTS_OF(answer))
    if "receipt_url" in told and not web_url(told["receipt_url"]):
        del told["receipt_url"]
    erased = NAMING_FACTS if payment.personal_erased_at else ()
    return {name: value for name, value in told.items() if name not in erased} if erased else told


def _told(columns: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    pairs = zip(columns, values, strict=True)
    return {column: value for column, value in pairs if value or type(value) is int}


def _says_something(value: Any) -> bool:
    """A text, a number (0 is a lump sum), a flag that is set."""
    return bool(value) or type(value) is int


def _blank(name: str) -> Any:
    return Payment._meta.get_field(name).get_default()  # type: ignore[union-attr]
