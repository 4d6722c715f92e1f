"""Approved attempts beside the one that has settled an order: on the PG's sheet all the same.

Their money is booked as not the order's own, each with an event that holds its own answer; as long
as one holds money, the order was approved twice. What becomes of the order's own attempt is decided
in `conclude`. To let another attempt lead to something else: a case in `_entry`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils import timezone

from payments import conf
from payments.core.money import WON
from payments.iamport import GatewayPayment
from payments.ledger import Draft, Entry
from payments.models import Movement, Payment
from payments.states import APPROVED, EventKind, Finding, Verification

from .compare import findings_of_another
from .conclude import Conclusion, entry_about, verified
from .movements import Gone, Untimed, drafts
from .question import Answer, Question


def with_others(
    *,
    conclusion: Conclusion,
    payment: Payment,
    question: Question,
    answer: Answer,
    standing: Sequence[Movement],
) -> Conclusion:
    """The conclusion about the order's own attempt, and what the others add to it.

    Of an order that none has settled nothing is added: which of them is its own is not known.
    """
    if conclusion.is_overtaken or not _is_settled_by(answer, payment, conclusion):
        return conclusion
    entries = tuple(_entries(payment, question, answer, standing))
    named = {entry.imp_uid: _named(entry) for entry in entries if entry.reason_code}
    return replace(
        conclusion,
        kind=EventKind.DISCREPANCY if named else conclusion.kind,
        entries=(*conclusion.entries, *entries),
        findings_of_others=named,
    )


def _named(entry: Entry) -> tuple[Finding, ...]:
    return tuple(map(Finding, entry.reason_code.split(",")))


def _is_settled_by(answer: Answer, payment: Payment, conclusion: Conclusion) -> bool:
    """Whether the answer's own attempt has settled the order, or does by this answer."""
    if payment.status in APPROVED and payment.imp_uid == answer.payment.imp_uid:
        return True
    return any(entry.kind is EventKind.PAID for entry in conclusion.entries)


def _entries(
    payment: Payment, question: Question, answer: Answer, standing: Sequence[Movement]
) -> Iterator[Entry]:
    for other in answer.approved_others:
        findings = _findings(payment, other)
        money: tuple[Draft, ...] = ()
        if other.currency == WON and set(findings) <= {Finding.SECOND_APPROVAL}:
            money, untold = _money(other, standing)
            findings += untold
        if findings or money:
            yield _entry(question, answer, other, findings, money)


def _findings(payment: Payment, other: GatewayPayment) -> tuple[Finding, ...]:
    return findings_of_another(
        payment=payment,
        answer=other,
        accepts_test_payments=conf.accepts_test_payments(),
        now=timezone.now(),
    )


def _money(
    other: GatewayPayment, standing: Sequence[Movement]
) -> tuple[tuple[Draft, ...], tuple[Finding, ...]]:
    """What is to be booked of it, and if that can't be told, why."""
    try:
        return drafts(answer=other, standing=standing, is_own=False), ()
    except Gone:
        return (), (Finding.REFUND_GONE,)
    except Untimed:
        return (), (Finding.NO_REFUND_TIME,)


def _entry(
    question: Question,
    answer: Answer,
    other: GatewayPayment,
    findings: tuple[Finding, ...],
    money: tuple[Draft, ...],
) -> Entry:
    kind, said = EventKind.CONFIRMED, Verification.MATCHED
    if findings:
        kind, said = EventKind.DISCREPANCY, Verification.MISMATCHED
    return entry_about(
        question,
        kind,
        key=f"{kind}:{question.attempt}:{other.imp_uid}",
        imp_uid=other.imp_uid,
        answer=other.raw,
        reason_code=",".join(findings),
        note=", ".join(answer.approved) if findings else "",
        changes=verified(by=said),
        movements=money,
    )
