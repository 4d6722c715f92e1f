"""The one door: ask (commit), call the gateway (no transaction, no lock), apply (commit).

Every way in which a payment can change ends here: the browser's return, the mobile redirect, a
webhook, a click of staff, a command. Each brings at most a hint *that* we should look; what
happened is only what the gateway answers. To add a way in, add a `Source` and call `verify`.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from payments import gateway, ledger
from payments.errors import Conflict
from payments.iamport import GatewayPayment, IamportError, NotFound
from payments.locks import locked_payment
from payments.models import Payment, PaymentEvent
from payments.services.discrepancies.queue import facts_seen
from payments.states import EventKind, Finding, Source

from .compare import APPROVED
from .conclude import Absent, Answer, Question, Reply, Silence, conclude, entry_of, taken_imp_uids

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """How a verification ended. `payment` is as it stands after it; `kind` is the last row's."""

    kind: EventKind
    payment: Payment
    findings: tuple[Finding, ...] = ()
    why: str = ""
    is_overtaken: bool = False

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
    result = settle(question=question, answer=call(question))
    if not result.is_overtaken:
        return result
    again = ask(payment=payment, source=source, actor=actor, imp_uid=imp_uid, note=note)
    return settle(question=again, answer=call(again))


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
        entry = entry_of(question, EventKind.ASKED, imp_uid=question.imp_uid, note=note)
        ledger.append(payment=locked, entry=entry)
    return question


def call(question: Question) -> Reply:
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


def settle(*, question: Question, answer: Reply, quiet: bool = False) -> Result:
    """Step three: apply the answer under the lock, and commit.

    With `quiet`, an answer that only says again what we know leaves no row: a webhook's own record
    is its delivery in the inbox.
    """
    with locked_payment(question.payment_id) as payment:
        holder = taken_imp_uids(replies=[answer])
        conclusion = conclude(
            payment=payment,
            question=question,
            reply=answer,
            imp_uid_taken=any(pk != payment.pk for pk in holder.values()),
            quiet=quiet,
        )
        for entry in conclusion.entries:
            ledger.append(payment=payment, entry=entry)
    if isinstance(answer, Answer) and not conclusion.is_overtaken:
        facts_seen(seen=[(payment, answer.payment)])
    ended = (conclusion.kind, payment, conclusion.findings, conclusion.why)
    return Result(*ended, is_overtaken=conclusion.is_overtaken)


def last_answer(payment: Payment) -> PaymentEvent | None:
    """The newest row that holds an answer of the gateway."""
    return payment.events.exclude(answer="").order_by("-sequence").first()
