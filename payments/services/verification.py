"""The one door: ask (commit), call the gateway (no transaction, no lock), apply (commit).

Every way in which a payment can change ends here: the browser's return, the mobile redirect, a
webhook, a click of staff, a command. Each brings at most a hint *that* we should look; what
happened is only what the gateway answers. To add a way in, add a `Source` and call `verify`.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from payments import conf, gateway, ledger
from payments.errors import Conflict
from payments.iamport import GatewayPayment, IamportError, NotFound
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.masking import masked_answer
from payments.models import Payment, PaymentEvent
from payments.states import EventKind, Finding, Source, Verification, is_late_approval

from .comparison import APPROVED, Step, Verdict, compare

logger = logging.getLogger(__name__)

SECOND_APPROVAL_NOTE = "approved: {ids}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, by whom, about which payment.

    `imp_uid` "" asks by order number and so sees every attempt. `attempt` makes the keys of this
    question's rows unique.
    """

    payment_id: int
    merchant_uid: str
    attempt: str
    source: Source
    imp_uid: str = ""
    actor: AbstractBaseUser | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The gateway's word. `approved` are the ids of all approved attempts that were seen."""

    payment: GatewayPayment
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """The gateway answered: it knows no such payment."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No usable answer. Nothing is known; `why` is fit for a log and for staff."""

    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a verification ended. `payment` is as it stands after it; `kind` is the last row's."""

    kind: EventKind
    payment: Payment
    findings: tuple[Finding, ...] = ()
    why: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the gateway gave a usable answer."""
        return self.kind is not EventKind.UNKNOWN


def verify(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None = None,
    imp_uid: str = "",
    note: str = "",
    expected_version: int | None = None,
) -> Result:
    """Ask the gateway about a payment and apply its answer.

    `imp_uid` is the attempt that the caller was told of; without it, an approved payment is asked
    for by its own imp_uid and an open one by its order number, because any attempt may have been
    approved. `note` is kept with the question. Raises Conflict if `expected_version` is given and
    the payment has moved on since. Trouble at the gateway is a Result, not an exception.
    """
    question = ask(
        payment=payment,
        source=source,
        actor=actor,
        imp_uid=imp_uid,
        note=note,
        expected_version=expected_version,
    )
    return settle(question=question, answer=call(question))


def ask(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None,
    imp_uid: str = "",
    note: str = "",
    expected_version: int | None = None,
) -> Question:
    """Step one: record that we ask, and commit, so that a crash during the call leaves a trace."""
    attempt = uuid.uuid4().hex
    with locked_payment(payment.pk) as locked:
        if expected_version is not None and locked.version != expected_version:
            raise Conflict
        own = locked.imp_uid if locked.status in APPROVED else ""
        question = Question(
            payment_id=locked.pk,
            merchant_uid=locked.merchant_uid,
            attempt=attempt,
            source=source,
            imp_uid=imp_uid or own or "",
            actor=actor,
        )
        entry = _entry(question, EventKind.ASKED, imp_uid=question.imp_uid, note=note)
        ledger.append(payment=locked, entry=entry)
    return question


def call(question: Question) -> Answer | Absent | Silence:
    """Step two: the gateway's answer. Holds no lock and no transaction."""
    try:
        if question.imp_uid:
            return Answer(gateway.client().payment(question.imp_uid))
        return _of_all_attempts(gateway.client().find_all(question.merchant_uid))
    except NotFound:
        return Absent()
    except (IamportError, ValueError) as error:
        # ValueError: an imp_uid that can't be one (too long, blank) is never sent.
        logger.warning("gateway gave no answer", extra={"reason": str(error)})
        return Silence(why=str(error))


def _of_all_attempts(attempts: Sequence[GatewayPayment]) -> Answer | Absent:
    """One order number can own many attempts (contract 2.4): the one that counts, and the rest."""
    if not attempts:
        return Absent()
    approved = tuple(one.imp_uid for one in attempts if one.status in APPROVED)
    best = max(
        attempts,
        key=lambda one: (one.status in APPROVED, one.is_awaiting_deposit, one.started_at),
    )
    return Answer(best, approved)


def settle(*, question: Question, answer: Answer | Absent | Silence, quiet: bool = False) -> Result:
    """Step three: apply the answer under the lock, and commit.

    With `quiet`, an answer that only says again what we know leaves no row: a webhook's own record
    is its delivery in the inbox.
    """
    with locked_payment(question.payment_id) as payment:
        if isinstance(answer, Silence):
            return _unknown(payment, question, answer)
        if isinstance(answer, Absent):
            return _absent(payment, question)
        return _apply(payment, question, answer, quiet)


def _unknown(payment: Payment, question: Question, answer: Silence) -> Result:
    # Not knowing must never cover what an earlier answer has shown.
    first = payment.verification == Verification.NEVER
    changes = {"verification": Verification.UNKNOWN} if first else {}
    entry = _entry(question, EventKind.UNKNOWN, note=answer.why, changes=changes)
    ledger.append(payment=payment, entry=entry)
    return Result(EventKind.UNKNOWN, payment, why=answer.why)


def _absent(payment: Payment, question: Question) -> Result:
    about_ours = question.imp_uid in {"", payment.imp_uid}
    changes = _verified(Verification.NOT_FOUND) if about_ours else {}
    entry = _entry(question, EventKind.NOT_FOUND, imp_uid=question.imp_uid, changes=changes)
    ledger.append(payment=payment, entry=entry)
    return Result(EventKind.NOT_FOUND, payment)


def _apply(payment: Payment, question: Question, answer: Answer, quiet: bool) -> Result:
    verdict = _verdict(payment, question, answer)
    if verdict.findings:
        return _disagree(payment, question, answer, verdict.findings)
    steps = [step for step in verdict.steps if not _is_recorded(payment, step, answer)]
    if steps:
        return _move(payment, question, answer, steps)
    if not quiet:
        changes = _agreement(payment, question, answer)
        ledger.append(
            payment=payment, entry=_told(question, answer, EventKind.CONFIRMED, changes=changes)
        )
    return Result(EventKind.CONFIRMED, payment)


def _verdict(payment: Payment, question: Question, answer: Answer) -> Verdict:
    verdict = compare(
        payment=payment,
        answer=answer.payment,
        asked_imp_uid=question.imp_uid,
        imp_uid_taken=_is_taken(payment, answer.payment.imp_uid),
        accepts_test_payments=conf.gateway().accepts_test_payments,
    )
    if len(answer.approved) > 1 and not verdict.findings:
        return Verdict(findings=(Finding.SECOND_APPROVAL,))
    return verdict


def _is_taken(payment: Payment, imp_uid: str) -> bool:
    return Payment.objects.filter(imp_uid=imp_uid).exclude(pk=payment.pk).exists()


def _is_recorded(payment: Payment, step: Step, answer: Answer) -> bool:
    """Somebody was first, or an old virtual account is reported once more: nothing to do."""
    return payment.events.filter(idempotency_key=_fact_key(step, answer)).exists()


def _fact_key(step: Step, answer: Answer) -> str:
    refunded = step.changes.get("cancelled_amount", "")
    return f"{step.kind}:{answer.payment.imp_uid}:{refunded}"


def _disagree(
    payment: Payment, question: Question, answer: Answer, findings: tuple[Finding, ...]
) -> Result:
    entry = _told(
        question,
        answer,
        EventKind.DISCREPANCY,
        reason_code=",".join(findings),
        note=SECOND_APPROVAL_NOTE.format(ids=", ".join(answer.approved)) if answer.approved else "",
        changes=_verified(Verification.MISMATCHED),
    )
    ledger.append(payment=payment, entry=entry)
    return Result(EventKind.DISCREPANCY, payment, findings)


def _move(payment: Payment, question: Question, answer: Answer, steps: list[Step]) -> Result:
    for step in steps:
        late = is_late_approval(payment.status, step.changes.get("status", ""))
        changes = step.changes | _agreement(payment, question, answer)
        changes |= {"late_approval": True} if late else {}
        entry = _told(
            question,
            answer,
            step.kind,
            key=_fact_key(step, answer),
            amount=step.amount,
            reason_code="late_approval" if late else "",
            changes=changes,
        )
        ledger.append(payment=payment, entry=entry)
    return Result(steps[-1].kind, payment)


def _agreement(payment: Payment, question: Question, answer: Answer) -> dict[str, object]:
    """Verified, unless a known difference is about an attempt that this answer did not look at.

    Otherwise a customer could cover an approval over the wrong amount by trying once more.
    """
    saw_everything = not question.imp_uid
    if payment.verification != Verification.MISMATCHED or saw_everything:
        return _verified(Verification.MATCHED)
    last = payment.events.filter(kind=EventKind.DISCREPANCY).order_by("-sequence").first()
    if last is not None and last.imp_uid != answer.payment.imp_uid:
        return {}
    return _verified(Verification.MATCHED)


def _verified(verification: Verification) -> dict[str, object]:
    return {"verification": verification, "verified_at": timezone.now()}


def _told(question: Question, answer: Answer, kind: EventKind, **fields: Any) -> Entry:
    return _entry(
        question,
        kind,
        imp_uid=answer.payment.imp_uid,
        answer=masked_answer(answer.payment.raw),
        **fields,
    )


def _entry(question: Question, kind: EventKind, **fields: Any) -> Entry:
    defaults: dict[str, Any] = {"key": f"{kind}:{question.attempt}"}
    return Entry(kind=kind, source=question.source, actor=question.actor, **(defaults | fields))


def last_answer(payment: Payment) -> PaymentEvent | None:
    """The newest row that holds an answer of the gateway."""
    return payment.events.exclude(answer="").order_by("-sequence").first()
