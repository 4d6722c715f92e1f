"""Step three of the one door: answers are compared, written and applied, here and nowhere else.

`settle_many` is behind every door, for one answer or a hundred: clicks, returns, sweeps and
webhooks come through `settle`, a run and an import hold their locks themselves. Which rows follow
from an answer is decided in `conclude`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from payments import ledger
from payments.core.db.among import among
from payments.iamport import GatewayPayment
from payments.ledger import Entry
from payments.locks import locked_payments
from payments.models import Movement, Payment
from payments.services import clock
from payments.services.discrepancies import cases
from payments.services.discrepancies.cases import Look
from payments.states import APPROVED, EventKind, Finding

from .conclude import Conclusion, conclude, need_standing
from .looks import looks_at
from .other_attempts import with_others
from .question import Answer, Question, Reply

Answered = tuple[Question, Reply]


@dataclass(frozen=True, slots=True)
class Result:
    """How a verification ended. `payment` is as it stands after it; `kind` is the last row's.

    `answer` is what the gateway said, None if it said nothing that can be held against `payment`;
    `others` are further attempts that it told of, `findings_of_others` by imp_uid. `holders`: whose
    each `imp_uid` is.
    `kinds`: of all rows that were written; `moved_amount`: the won of the order's own attempt that
    were booked with them, signed.
    """

    kind: EventKind
    payment: Payment
    own_findings: tuple[Finding, ...] = ()
    findings_of_others: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    why: str = ""
    is_overtaken: bool = False
    answer: GatewayPayment | None = None
    others: tuple[GatewayPayment, ...] = ()
    holders: Mapping[str, int] = field(default_factory=dict)
    kinds: tuple[EventKind, ...] = ()
    moved_amount: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found, of whichever attempt."""
        return tuple(dict.fromkeys(chain(self.own_findings, *self.findings_of_others.values())))

    @property
    def needs_look(self) -> bool:
        """Whether it may open a discrepancy; else it can only follow one that is open."""
        is_approved = any(one.status in APPROVED for one in self.others)
        return bool(self.findings or is_approved or self.payment.late_approval)

    @property
    def imp_uids(self) -> set[str]:
        """The attempts that the answer told of."""
        told = (self.answer, *self.others) if self.answer else ()
        return {one.imp_uid for one in told}

    @property
    def is_known(self) -> bool:
        """Whether the gateway gave a usable answer."""
        return self.kind is not EventKind.UNKNOWN


def settle(*, question: Question, reply: Reply, quiet: bool = False) -> Result:
    """Apply one answer under the lock, and commit. For `quiet` see `settle_many`."""
    with locked_payments([question.payment_id]) as payments:
        results = settle_many(payments=payments, answered=[(question, reply)], quiet=quiet)
        keep_looks(results=results)
    clock.share()
    return results[0]


def settle_many(
    *, payments: Mapping[int, Payment], answered: Sequence[Answered], quiet: bool = False
) -> list[Result]:
    """Compare each reply with its payment, and write what follows; the results in their order.

    The caller holds `payments`, by id, locked, and calls `keep_looks` before it commits.
    With `quiet`, an answer that only says again what we know leaves no row: a webhook's own record
    is its delivery in the inbox.
    """
    holders = _holders(payments, answered)
    standing = _standing(payments, answered)
    writes: list[tuple[Payment, Sequence[Entry]]] = []
    results: list[Result] = []
    for question, reply in answered:
        payment = payments[question.payment_id]
        booked = standing.get(payment.pk, ())
        conclusion = conclude(
            payment=payment,
            question=question,
            reply=reply,
            imp_uid_taken=_is_taken(reply, payment, holders),
            standing=booked,
            quiet=quiet,
        )
        if isinstance(reply, Answer) and reply.approved_others:
            conclusion = with_others(
                conclusion=conclusion,
                payment=payment,
                question=question,
                answer=reply,
                standing=booked,
            )
        writes.append((payment, conclusion.entries))
        results.append(_result(payment, reply, conclusion, holders))
    ledger.append_many(writes=writes)
    return results


def keep_looks(*, results: Sequence[Result]) -> None:
    """Open, follow and close discrepancies by what these answers show, in the same transaction.

    The payments are locked, so what is compared is what was written.
    """
    told = {imp_uid for result in results for imp_uid in result.imp_uids}
    if told:
        seen = cases.open_ones(imp_uids=told)
        cases.keep_all(looks=[look for result in results for look in _looks(result, seen)])


def _looks(result: Result, seen: set[str]) -> Iterator[Look]:
    """What it shows of each attempt that differs, or of which something is open (`seen`)."""
    if not result.answer or not (result.needs_look or seen & result.imp_uids):
        return
    looks = looks_at(
        payment=result.payment,
        answer=result.answer,
        others=result.others,
        findings=result.own_findings,
        findings_of_others=result.findings_of_others,
        holders=result.holders,
    )
    yield from (look for look in looks if look.buckets or look.imp_uid in seen)


def _holders(payments: Mapping[int, Payment], answered: Sequence[Answered]) -> dict[str, int]:
    """Which payment holds each imp_uid that the answers name, in one query.

    Without those that hold what they were asked about: no other can.
    """
    ids = {
        reply.payment.imp_uid
        for question, reply in answered
        if isinstance(reply, Answer)
        and reply.payment.imp_uid != payments[question.payment_id].imp_uid
    }
    held = Payment.objects.filter(among("imp_uid", ids)) if ids else Payment.objects.none()
    return {imp_uid: pk for imp_uid, pk in held.values_list("imp_uid", "pk") if imp_uid}


def _standing(
    payments: Mapping[int, Payment], answered: Sequence[Answered]
) -> dict[int, list[Movement]]:
    """The movements of those payments to which an answer may add some, in one query."""
    ids = {
        question.payment_id
        for question, reply in answered
        if isinstance(reply, Answer)
        and (
            reply.approved_others
            or need_standing(payment=payments[question.payment_id], answer=reply.payment)
        )
    }
    standing = defaultdict(list)
    for movement in Movement.objects.filter(payment__in=ids) if ids else ():
        standing[movement.payment_id].append(movement)
    return standing


def _is_taken(reply: Reply, payment: Payment, holders: Mapping[str, int]) -> bool:
    """Whether another order holds the imp_uid that the answer names."""
    holder = holders.get(reply.payment.imp_uid) if isinstance(reply, Answer) else None
    return holder not in {None, payment.pk}


def _result(
    payment: Payment, reply: Reply, conclusion: Conclusion, holders: Mapping[str, int]
) -> Result:
    answer = reply if isinstance(reply, Answer) and not conclusion.is_overtaken else None
    return Result(
        kind=conclusion.kind,
        payment=payment,
        own_findings=conclusion.findings,
        findings_of_others=conclusion.findings_of_others,
        why=conclusion.why,
        is_overtaken=conclusion.is_overtaken,
        answer=answer.payment if answer else None,
        others=answer.others if answer else (),
        holders=holders,
        kinds=tuple(entry.kind for entry in conclusion.entries),
        moved_amount=_moved_amount(conclusion),
    )


def _moved_amount(conclusion: Conclusion) -> int:
    drafts = (draft for entry in conclusion.entries for draft in entry.movements)
    return sum(draft.amount for draft in drafts if draft.is_own and not draft.is_test)
