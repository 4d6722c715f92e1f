"""The one door: ask (commit), call the gateway (no transaction, no lock), apply (commit).

Every way in which a payment can change takes these three steps: the browser's return, the mobile
redirect, a webhook, a click of staff, a command, a run, an import. Each brings at most a hint
*that* we should look; what happened is only what the gateway answers, and it is applied by
`settle.settle_many` alone. To add a way in, add a `Source` and call `verify`.
"""

import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from payments import gateway, ledger
from payments.errors import Conflict
from payments.iamport import GatewayPayment, IamportError, Malformed, NotAnId, NotFound, Unreadable
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment
from payments.selectors.open_orders import is_absent
from payments.selectors.payments.flags import with_other_attempts_open
from payments.states import APPROVED, EventKind, PaymentStatus, Source

from .conclude import entry_about
from .movements import RefundChange
from .question import Absent, Answer, NoAnswer, Question, Reply
from .settle import Result, settle

logger = logging.getLogger(__name__)


def verify(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None = None,
    imp_uid: str = "",
    every_attempt: bool = False,
    note: str = "",
    expected_version: int | None = None,
    refund_change: RefundChange | None = None,
) -> Result:
    """Ask the gateway about a payment and apply its answer.

    `imp_uid` is the attempt that the caller was told of; without it, an approved payment is asked
    for by its own imp_uid and an open one by its order number, because any attempt may have been
    approved; so is one with another attempt among the open discrepancies. `every_attempt` asks by
    order number in any case. `note` is kept with the question,
    `refund_change` is what a person has confirmed (`refund_change.confirm`).
    Raises Conflict if `expected_version` is given and the payment has moved on since. Trouble at
    the gateway is a Result, not an exception.
    """
    question = ask(
        payment=payment,
        source=source,
        actor=actor,
        imp_uid=imp_uid,
        every_attempt=every_attempt,
        note=note,
        expected_version=expected_version,
        refund_change=refund_change,
    )
    result = settle(question=question, reply=call(question))
    if not result.is_overtaken:
        return result
    again = ask(
        payment=payment,
        source=source,
        actor=actor,
        imp_uid=imp_uid,
        every_attempt=every_attempt,
        note=note,
        refund_change=refund_change,
    )
    return settle(question=again, reply=call(again))


def verify_twice(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser,
    note: str,
    expected_version: int | None = None,
) -> Result:
    """`verify`, for whoever goes by "there is no such payment": what is new is asked once more."""
    result = verify(
        payment=payment, source=source, actor=actor, note=note, expected_version=expected_version
    )
    if result.kind is not EventKind.NOT_FOUND or is_absent(result.payment):
        return result
    return verify(payment=payment, source=source, actor=actor)


def ask(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None = None,
    imp_uid: str = "",
    every_attempt: bool = False,
    note: str = "",
    expected_version: int | None = None,
    refund_change: RefundChange | None = None,
) -> Question:
    """Step one: record that we ask, and commit, so that a crash during the call leaves a trace.

    `payment` as the caller has read it is asked about as long as nothing has happened to it since;
    else it is read again, under its lock.
    """
    about = partial(
        question_about,
        source=source,
        actor=actor,
        imp_uid=imp_uid,
        every_attempt=every_attempt,
        refund_change=refund_change,
    )
    if expected_version in {None, payment.version}:
        with transaction.atomic(durable=True):
            question = about(payment=payment)
            if ledger.append_if_unmoved(
                payment=payment, entry=asked_entry(question=question, note=note)
            ):
                return question
    with locked_payment(payment.pk) as locked:
        if expected_version not in {None, locked.version}:
            raise Conflict
        question = about(payment=locked)
        ledger.append(payment=locked, entry=asked_entry(question=question, note=note))
    return question


def question_about(
    *,
    payment: Payment,
    source: Source,
    actor: AbstractBaseUser | None = None,
    imp_uid: str = "",
    every_attempt: bool = False,
    refund_change: RefundChange | None = None,
) -> Question:
    """What is asked about a payment as it stands; for the parameters see `verify`.

    Its `asked_entry` is the next row to be written.
    """
    bound = (payment.imp_uid or "") if payment.status in APPROVED else ""
    sees_all = every_attempt or bool(bound and with_other_attempts_open([payment.pk]))
    return Question(
        payment_id=payment.pk,
        merchant_uid=payment.merchant_uid,
        attempt=uuid.uuid4().hex,
        source=source,
        imp_uid=imp_uid or ("" if sees_all else bound),
        bound=bound,
        actor=actor,
        version=payment.version + 1,
        refund_change=refund_change,
    )


def asked_entry(*, question: Question, note: str = "") -> Entry:
    """The row that says that we ask."""
    return entry_about(question, EventKind.ASKED, imp_uid=question.imp_uid, note=note)


def call(question: Question) -> Reply:
    """Step two: the gateway's answer. Holds no lock and no transaction."""
    try:
        if question.imp_uid:
            return Answer(gateway.client().payment(question.imp_uid))
        return _of_all_attempts(*_attempts(question), question.bound)
    except NotFound:
        return Absent()
    except (IamportError, ValueError) as error:
        logger.warning("gateway gave no answer", extra={"reason": str(error)})
        # ValueError: what can't be sent, such as an imp_uid that can be none.
        return NoAnswer(why=gateway.noted(error), is_final=isinstance(error, NotAnId))


def _attempts(question: Question) -> tuple[list[GatewayPayment], list[Unreadable]]:
    """Those of the order, and what of them can't be read.

    The one that has settled it is among them whatever order it names by now.
    """
    client, aside = gateway.client(), list[Unreadable]()
    try:
        attempts = client.find_all(question.merchant_uid, unreadable=aside.append)
    except NotFound:
        attempts = []
    if question.bound not in {"", *(one.imp_uid for one in attempts)}:
        with suppress(NotFound, Malformed):
            attempts.append(client.payment(question.bound))
            aside = [row for row in aside if row.name != question.bound]
    return attempts, aside


def _of_all_attempts(
    attempts: Sequence[GatewayPayment], aside: Sequence[Unreadable], bound: str
) -> Answer | Absent | NoAnswer:
    """One order number can own many attempts (contract 2.4): the one that counts, and the rest.

    That is the one which has settled the order (`bound`), else the one that holds money.

    One that can't be read hides none of the others, nor money: without an approved attempt that
    can be read, it must itself say that it failed, or it may be the one that counts.
    """
    approved = [attempt.imp_uid for attempt in attempts if attempt.status in APPROVED]
    open_rows = [row for row in aside if row.status != PaymentStatus.FAILED]
    if open_rows and not approved:
        return _unreadable(open_rows[0])
    if not attempts:
        return _unreadable(aside[0]) if aside else Absent()
    approved += [row.name for row in aside if row.status in APPROVED]
    counting = max(
        attempts,
        key=lambda attempt: (
            attempt.imp_uid == bound,
            attempt.holds_money,
            attempt.status in APPROVED,
            attempt.is_awaiting_deposit,
            attempt.started_at,
        ),
    )
    others = tuple(one for one in attempts if one != counting)
    return Answer(counting, tuple(approved), others)


def _unreadable(row: Unreadable) -> NoAnswer:
    logger.warning("an attempt can't be read", extra={"reason": row.why})
    return NoAnswer(why=gateway.noted(Malformed(row.why)))
