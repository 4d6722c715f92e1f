"""Step three of the one door: answers are compared, written and applied, here and nowhere else.

`settle_many` is behind every door, for one answer or a hundred: clicks, returns, sweeps and
webhooks come through `settle`, a run and an import hold their locks themselves. Which rows follow
from an answer is decided in `conclude`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments import ledger
from payments.iamport import GatewayPayment
from payments.ledger import Entry
from payments.locks import locked_payments
from payments.models import Movement, Payment
from payments.services import clock
from payments.services.discrepancies import queue
from payments.states import EventKind, Finding

from .conclude import Answer, Conclusion, Question, Reply, conclude, need_standing

Answered = tuple[Question, Reply]


@dataclass(frozen=True, slots=True)
class Result:
    """How a verification ended. `payment` is as it stands after it; `kind` is the last row's.

    `answer` is what the gateway said, None if it said nothing that can be held against `payment`.
    """

    kind: EventKind
    payment: Payment
    findings: tuple[Finding, ...] = ()
    why: str = ""
    is_overtaken: bool = False
    answer: GatewayPayment | None = None

    @property
    def is_known(self) -> bool:
        """Whether the gateway gave a usable answer."""
        return self.kind is not EventKind.UNKNOWN


def settle(*, question: Question, reply: Reply, quiet: bool = False) -> Result:
    """Apply one answer under the lock, and commit. For `quiet` see `settle_many`."""
    with locked_payments([question.payment_id]) as payments:
        results = settle_many(payments=payments, answered=[(question, reply)], quiet=quiet)
    close_resolved(results=results)
    clock.share()
    return results[0]


def settle_many(
    *, payments: Mapping[int, Payment], answered: Sequence[Answered], quiet: bool = False
) -> list[Result]:
    """Compare each reply with its payment, and write what follows; the results in their order.

    The caller holds `payments`, by id, locked, and calls `close_resolved` once that has committed.
    With `quiet`, an answer that only says again what we know leaves no row: a webhook's own record
    is its delivery in the inbox.
    """
    holders = _holders([reply for _question, reply in answered])
    standing = _standing(payments, answered)
    writes: list[tuple[Payment, Sequence[Entry]]] = []
    results: list[Result] = []
    for question, reply in answered:
        payment = payments[question.payment_id]
        conclusion = conclude(
            payment=payment,
            question=question,
            reply=reply,
            imp_uid_taken=_is_taken(reply, payment, holders),
            standing=standing.get(payment.pk, ()),
            quiet=quiet,
        )
        writes.append((payment, conclusion.entries))
        results.append(_result(payment, reply, conclusion))
    ledger.append_many(writes=writes)
    return results


def close_resolved(*, results: Sequence[Result]) -> None:
    """Close the discrepancies that these answers show to agree again, in transactions of their own.

    What differs in another way by now is filed before.
    """
    answered = [(result.payment, result.answer) for result in results if result.answer]
    queue.close_resolved(answered=answered)


def _holders(replies: Sequence[Reply]) -> dict[str, int]:
    """Which payment holds each imp_uid that the answers name, in one query."""
    ids = {reply.payment.imp_uid for reply in replies if isinstance(reply, Answer)}
    held = Payment.objects.filter(imp_uid__in=ids).values_list("imp_uid", "pk") if ids else ()
    return {imp_uid: pk for imp_uid, pk in held if imp_uid}


def _standing(
    payments: Mapping[int, Payment], answered: Sequence[Answered]
) -> dict[int, list[Movement]]:
    """The movements of those payments to which an answer may add some, in one query."""
    ids = {
        question.payment_id
        for question, reply in answered
        if isinstance(reply, Answer)
        and need_standing(payment=payments[question.payment_id], answer=reply.payment)
    }
    standing = defaultdict(list)
    for movement in Movement.objects.filter(payment__in=ids) if ids else ():
        standing[movement.payment_id].append(movement)
    return standing


def _is_taken(reply: Reply, payment: Payment, holders: Mapping[str, int]) -> bool:
    """Whether another order holds the imp_uid that the answer names."""
    holder = holders.get(reply.payment.imp_uid) if isinstance(reply, Answer) else None
    return holder not in {None, payment.pk}


def _result(payment: Payment, reply: Reply, conclusion: Conclusion) -> Result:
    answer = reply.payment if isinstance(reply, Answer) else None
    return Result(
        kind=conclusion.kind,
        payment=payment,
        findings=conclusion.findings,
        why=conclusion.why,
        is_overtaken=conclusion.is_overtaken,
        answer=None if conclusion.is_overtaken else answer,
    )
