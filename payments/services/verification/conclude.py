"""What follows from a question and what came back: rows for the ledger, decided but not written.

`conclude` only reads; `settle.settle_many` writes its `entries` under the locks. To draw another
conclusion, extend the function of the kind of answer that it follows from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from payments import conf
from payments.gateway import Trouble
from payments.iamport import GatewayPayment
from payments.ledger import Draft, Entry
from payments.models import Movement, Payment
from payments.states import (
    APPROVED,
    EventKind,
    Finding,
    MovementKind,
    Verification,
    is_late_approval,
)

from .compare import (
    OF_ANOTHER_ORDER,
    Step,
    Verdict,
    compare,
    filled_facts,
    told_persons,
)
from .movements import is_known, take_back, with_movements
from .question import Absent, Answer, NoAnswer, Question, Reply

OVERTAKEN = f"{Trouble.OVERTAKEN}: the payment moved while the gateway was asked"
# What an answer that was under way meanwhile can't know of.
_MOVES = (
    EventKind.VBANK_ISSUED,
    EventKind.VBANK_MOVED,
    EventKind.PAID,
    EventKind.FAILED,
    EventKind.CANCELLED,
    EventKind.REFUND_CHANGED,
    EventKind.MARKED_FAILED,
)
# The same may be true again after something else was.
_REPEATABLE = (EventKind.CANCELLED, EventKind.REFUND_CHANGED, EventKind.VBANK_MOVED)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The rows to write, in order (none: nothing new), and how it ended; `kind` is the last's.

    `findings` are about the answer's own attempt, `findings_of_others` about each of the rest that
    it told, by imp_uid.
    `is_overtaken`: the payment has moved since it was asked about, so nothing is known; ask again.
    """

    kind: EventKind
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    findings_of_others: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    why: str = ""
    is_overtaken: bool = False


def conclude(
    *,
    payment: Payment,
    question: Question,
    reply: Reply,
    imp_uid_taken: bool,
    standing: Sequence[Movement] = (),
    quiet: bool = False,
) -> Conclusion:
    """What this reply means for a payment that the caller holds locked.

    `imp_uid_taken`: another order holds the answer's imp_uid. `standing`: the payment's movements,
    where the answer may bring new ones (`need_standing`). With `quiet`, an answer that
    only says again what we know leads to no row.
    """
    if isinstance(reply, NoAnswer):
        return _unknown(payment, question, reply)
    if isinstance(reply, Absent):
        conclusion = _absent(payment, question)
    else:
        conclusion = _answered(payment, question, reply, imp_uid_taken, standing, quiet)
    # One that brings a move knows the newest: what it says besides is no older.
    kinds = {entry.kind for entry in conclusion.entries}
    speaks_against = kinds & {EventKind.DISCREPANCY, EventKind.NOT_FOUND}
    if speaks_against and kinds.isdisjoint(_MOVES) and _has_moved(payment, question):
        return _overtaken(payment, question)
    return conclusion


def need_standing(*, payment: Payment, answer: GatewayPayment) -> bool:
    """Whether movements may follow that depend on those that stand already."""
    has_money = answer.status in APPROVED and payment.status in APPROVED
    return has_money and not is_known(payment=payment, answer=answer)


def _overtaken(payment: Payment, question: Question) -> Conclusion:
    """A deposit or a refund came in by another door: what is older than that is no difference."""
    unknown = _unknown(payment, question, NoAnswer(OVERTAKEN))
    entries = () if question.is_repeated else unknown.entries
    return replace(unknown, entries=entries, is_overtaken=True)


def _has_moved(payment: Payment, question: Question) -> bool:
    if payment.version == question.version:
        return False
    since = payment.events.filter(recorded_at__gte=question.asked_at)
    return since.filter(kind__in=_MOVES).exists()


def _unknown(payment: Payment, question: Question, reply: NoAnswer) -> Conclusion:
    # Not knowing must never cover what an earlier answer has shown.
    first = payment.verification == Verification.NEVER
    changes = {"verification": Verification.UNKNOWN} if first else {}
    entry = entry_about(question, EventKind.UNKNOWN, note=reply.why, changes=changes)
    return Conclusion(EventKind.UNKNOWN, (entry,), why=reply.why)


def _absent(payment: Payment, question: Question) -> Conclusion:
    about_ours = question.imp_uid in {"", payment.imp_uid}
    changes = verified(by=Verification.NOT_FOUND) if about_ours else {}
    entry = entry_about(question, EventKind.NOT_FOUND, imp_uid=question.imp_uid, changes=changes)
    return Conclusion(EventKind.NOT_FOUND, (entry,))


def _answered(
    payment: Payment,
    question: Question,
    answer: Answer,
    taken: bool,
    standing: Sequence[Movement],
    quiet: bool,
) -> Conclusion:
    verdict, money = with_movements(
        payment=payment,
        answer=answer.payment,
        verdict=_verdict(payment, question, answer, taken),
        standing=standing,
        change=question.refund_change,
    )
    if _is_of_another(payment, question, answer) and take_back(money):
        row = _refund_change_of_another(question, answer, money)
        conclusion = _judged(payment, question, answer, verdict, (), quiet)
        return replace(conclusion, entries=(row, *conclusion.entries))
    return _judged(payment, question, answer, verdict, money, quiet)


def _judged(
    payment: Payment,
    question: Question,
    answer: Answer,
    verdict: Verdict,
    money: tuple[Draft, ...],
    quiet: bool,
) -> Conclusion:
    if verdict.findings:
        return _disagree(payment, question, answer, verdict.every_finding, money)
    steps = [step for step in verdict.steps if not _is_recorded(payment, step, answer, money)]
    if verdict.details:
        return _differ_in_details(
            payment, question, answer, replace(verdict, steps=tuple(steps)), money
        )
    if steps:
        return _move(payment, question, answer, steps, money)
    return _confirm(payment, question, answer, money, quiet)


def _differ_in_details(
    payment: Payment,
    question: Question,
    answer: Answer,
    verdict: Verdict,
    money: tuple[Draft, ...],
) -> Conclusion:
    """Money, status and what is empty follow; what stands otherwise is named in a row of its own.

    So the audit books from the first, as from any answer that agrees.
    """
    facts, persons = _filled(payment, answer.payment)
    if verdict.steps:
        before, facts = _move(payment, question, answer, list(verdict.steps), money).entries, {}
    elif money:
        before = _confirm(payment, question, answer, money, quiet=False).entries
        facts = {}
    else:
        before = ()
    found = _disagree(payment, question, answer, verdict.details)
    (entry,) = found.entries
    entry = replace(entry, changes={**entry.changes, **facts}, aside=persons)
    return replace(found, entries=(*before, entry))


def _confirm(
    payment: Payment,
    question: Question,
    answer: Answer,
    money: tuple[Draft, ...],
    quiet: bool,
) -> Conclusion:
    facts, persons = _filled(payment, answer.payment)
    is_news = money or facts or persons or payment.verification != Verification.MATCHED
    if quiet and not is_news:
        return Conclusion(EventKind.CONFIRMED)
    entry = _entry_with_answer(
        question,
        answer,
        EventKind.CONFIRMED,
        changes=verified(by=Verification.MATCHED) | facts,
        aside=persons,
        movements=money,
    )
    return Conclusion(EventKind.CONFIRMED, (entry,))


def _is_of_another(payment: Payment, question: Question, answer: Answer) -> bool:
    """Whether a person has told of refunds of this attempt, which is not the order's own."""
    change = question.refund_change
    is_about_it = change is not None and change.imp_uid == answer.payment.imp_uid
    return is_about_it and payment.imp_uid != answer.payment.imp_uid


def _refund_change_of_another(
    question: Question, answer: Answer, money: tuple[Draft, ...]
) -> Entry:
    """A row of its own: it holds the PG's day, and nothing of the order changes by it."""
    kind, day = EventKind.REFUND_CHANGED, _reversed_on(question)
    return _entry_with_answer(question, answer, kind, reason_code=day, movements=money)


def _filled(payment: Payment, answer: GatewayPayment) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an answer that moves nothing adds to what is known of the payment's own attempt.

    What is empty is filled, what changed rightly is followed.
    """
    if answer.imp_uid != payment.imp_uid:
        return {}, {}
    told = told_persons(payment=payment, answer=answer)
    persons = {name: value for name, value in told.items() if not getattr(payment, name)}
    return filled_facts(payment=payment, answer=answer), persons


def _verdict(payment: Payment, question: Question, answer: Answer, taken: bool) -> Verdict:
    verdict = compare(
        payment=payment,
        answer=answer.payment,
        asked_imp_uid=question.imp_uid,
        imp_uid_taken=taken,
        accepts_test_payments=conf.accepts_test_payments(),
        now=timezone.now(),
    )
    is_bound = payment.status in APPROVED and payment.imp_uid == answer.payment.imp_uid
    if answer.rivals and not verdict.findings and not is_bound:
        return Verdict(findings=(Finding.SECOND_APPROVAL,))
    return verdict


def _is_recorded(payment: Payment, step: Step, answer: Answer, money: Sequence[Draft]) -> bool:
    """Somebody was first, or an old virtual account is reported once more: nothing to do."""
    key = _fact_key(payment, step, answer, money)
    return payment.events.filter(idempotency_key=key).exists()


def _fact_key(payment: Payment, step: Step, answer: Answer, money: Sequence[Draft]) -> str:
    """What makes the fact one: never a running sum, which a refund taken back brings again."""
    if step.kind is EventKind.CANCELLED and money:
        # Each movement is booked once, so the newest of these is this row's alone.
        return f"{step.kind}:{money[-1].key}"
    if step.kind in _REPEATABLE:
        # There and back again are two facts; of two who saw the same one, the lock lets one by.
        return f"{step.kind}:{answer.payment.imp_uid}:{payment.version}"
    return f"{step.kind}:{answer.payment.imp_uid}"


def _disagree(
    payment: Payment,
    question: Question,
    answer: Answer,
    findings: tuple[Finding, ...],
    money: tuple[Draft, ...] = (),
) -> Conclusion:
    # Its own attempt stays its own, whatever number the gateway names.
    is_about_it = OF_ANOTHER_ORDER.isdisjoint(findings) or payment.imp_uid == answer.payment.imp_uid
    entry = _entry_with_answer(
        question,
        answer,
        EventKind.DISCREPANCY,
        reason_code=",".join(findings),
        # Which attempts are approved; the screens say so in words.
        note=", ".join(answer.approved),
        # About another order it says nothing of this one: it is judged against its own.
        changes=verified(by=Verification.MISMATCHED) if is_about_it else {},
        movements=money,
    )
    return Conclusion(EventKind.DISCREPANCY, (entry,), findings)


def _move(
    payment: Payment,
    question: Question,
    answer: Answer,
    steps: list[Step],
    money: tuple[Draft, ...],
) -> Conclusion:
    agreement, status, entries = verified(by=Verification.MATCHED), payment.status, []
    for step in steps:
        late = is_late_approval(status, step.changes.get("status", ""))
        status = step.changes.get("status", status)
        entry = _entry_with_answer(
            question,
            answer,
            step.kind,
            key=_fact_key(payment, step, answer, money),
            amount=step.amount,
            reason_code="late_approval" if late else _confirmed(step, question),
            changes=step.changes | agreement | ({"late_approval": True} if late else {}),
            aside=told_persons(payment=payment, answer=answer.payment),
            movements=[draft for draft in money if len(steps) == 1 or _is_of(draft, step)],
        )
        entries.append(entry)
    return Conclusion(steps[-1].kind, tuple(entries))


def _confirmed(step: Step, question: Question) -> str:
    return _reversed_on(question) if step.kind is EventKind.REFUND_CHANGED else ""


def _reversed_on(question: Question) -> str:
    """The PG's date of what was taken back: the gateway does not tell it, so the row must."""
    change = question.refund_change
    return change.reversed_on.isoformat() if change and change.reversed_on else ""


def _is_of(draft: Draft, step: Step) -> bool:
    """Money that came in belongs to the row of the approval, whatever else to the other's."""
    return (draft.kind == MovementKind.APPROVAL) == (step.kind == EventKind.PAID)


def verified(*, by: Verification) -> dict[str, object]:
    """The fields that say what a question brought, and when."""
    return {"verification": by, "verified_at": timezone.now()}


def _entry_with_answer(question: Question, answer: Answer, kind: EventKind, **fields: Any) -> Entry:
    return entry_about(
        question,
        kind,
        imp_uid=answer.payment.imp_uid,
        answer=answer.payment.raw,
        **fields,
    )


def entry_about(question: Question, kind: EventKind, /, **fields: Any) -> Entry:
    """A row about this question."""
    defaults: dict[str, Any] = {"key": f"{kind}:{question.attempt}"}
    return Entry(kind=kind, source=question.source, actor=question.actor, **(defaults | fields))
