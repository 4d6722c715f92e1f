"""Importing a payment that the gateway has and we have not, and deciding whose it is.

The one door, as ever: the open discrepancy is the committed question, the gateway is asked afresh
with no transaction open, and its answer is applied by the same code as any other. A customer is
only ever suggested by what the gateway says; a person decides. To refuse another kind of payment,
add its line to `_refusal`.
"""

import json
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments import conf, gateway, ledger
from payments.core.kst import from_unix
from payments.core.money import MAX_WON, WON
from payments.core.text import clean, whole_number
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.iamport import GatewayPayment, IamportError, NotFound
from payments.ledger import Entry
from payments.locks import locked_discrepancy, locked_payment
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, StepKind
from payments.selectors.movements import own_refunds
from payments.states import APPROVED, EventKind, Source

from .discrepancies.queue import CHANGED, CLOSED_ALREADY
from .discrepancies.rows import add_step, checked_text, set_closed
from .discrepancies.rules import our_figures, their_figures
from .verification.question import Answer, Question
from .verification.settle import settle_many

ONLY_MISSING = _("Only a payment that is missing here can be taken in.")
NOT_THERE = _("The gateway does not know this payment any more.")
NO_MONEY = _("The gateway says that this payment is not approved. There is nothing to take in.")
NOT_WON = _("Only payments in whole won can be taken in.")
TEST = _("This is a test payment: it moved no money, so it is not taken in.")
NUMBER_TAKEN = _("An order of ours has this order number. Settle the difference there.")
ID_TAKEN = _("A payment of ours has this PortOne id already.")
DIFFERS = _("The gateway's answer contradicts itself. Clear it up with PortOne first.")
HAS_CUSTOMER = _("This payment has a customer already.")

# What shops put into custom_data to say who is buying.
_ID_KEYS = ("user_id", "userId", "customer_id", "customerId", "user", "uid")
_EMAIL_KEYS = ("email", "user_email", "userEmail", "buyer_email")


def fresh_answer(*, discrepancy: Discrepancy) -> GatewayPayment:
    """What the gateway says of it now, fit to be imported.

    For the page on which a person decides. Raises NotAllowed with why, or GatewayUnavailable.
    """
    if Bucket.MISSING_HERE not in discrepancy.buckets:
        raise NotAllowed(ONLY_MISSING)
    if not discrepancy.is_open:
        raise NotAllowed(CLOSED_ALREADY)
    try:
        answer = gateway.client().payment(discrepancy.imp_uid)
    except NotFound:
        raise NotAllowed(NOT_THERE) from None
    except (IamportError, ValueError) as error:
        raise GatewayUnavailable(gateway.in_words(gateway.noted(error))) from None
    if refusal := _refusal(discrepancy, answer):
        raise NotAllowed(refusal)
    return answer


def _refusal(discrepancy: Discrepancy, answer: GatewayPayment) -> str | Promise | None:
    if answer.imp_uid != discrepancy.imp_uid:
        return DIFFERS
    if answer.status not in APPROVED or not answer.paid_at:
        return NO_MONEY
    if answer.currency != WON or not 0 < answer.amount <= MAX_WON:
        return NOT_WON
    if answer.sandbox and not conf.gateway().accepts_test_payments:
        return TEST
    if Payment.objects.filter(imp_uid=answer.imp_uid).exists():
        return ID_TAKEN
    if Payment.objects.filter(merchant_uid=answer.merchant_uid).exists():
        return NUMBER_TAKEN
    return None


def import_payment(
    *,
    discrepancy: Discrepancy,
    actor: AbstractBaseUser,
    customer: AbstractBaseUser | None,
    expected_version: int,
) -> Payment:
    """Make a payment of it, in the name of `actor`, and close the discrepancy.

    Without a `customer`, somebody decides later (`decide_customer`). Raises Conflict (the
    discrepancy changed), NotAllowed with why, or GatewayUnavailable; then nothing was written.
    """
    if discrepancy.version != expected_version:
        raise Conflict(CHANGED)
    answer = fresh_answer(discrepancy=discrepancy)
    try:
        payment = _apply(discrepancy, answer, actor, customer, expected_version)
    except IntegrityError:
        # A checkout or a second click has taken one of the two ids meanwhile.
        raise Conflict(CHANGED) from None
    return payment


def _apply(
    discrepancy: Discrepancy,
    answer: GatewayPayment,
    actor: AbstractBaseUser,
    customer: AbstractBaseUser | None,
    expected_version: int,
) -> Payment:
    with locked_discrepancy(discrepancy.pk) as row:
        if row.version != expected_version or not row.is_open:
            raise Conflict(CHANGED)
        payment = ledger.open_order(
            payment=_order(answer, customer),
            source=Source.RECONCILIATION,
            actor=actor,
            kind=EventKind.TAKEN_IN,
        )
        _settle(payment, answer, actor)
        refunds = own_refunds(payment, payment.movements.all())
        row.ours, row.theirs = our_figures(payment=payment, refunds=refunds), their_figures(answer)
        row.payment = payment
        row.seen_at = timezone.now()
        set_closed(row=row, reason=ClosingReason.TAKEN_IN)
        add_step(row=row, kind=StepKind.CLOSED, actor=actor, reason_code=ClosingReason.TAKEN_IN)
        row.save()
    return payment


def _order(answer: GatewayPayment, customer: AbstractBaseUser | None) -> Payment:
    """The order as it must have been before it was paid: what was asked for, when, by whom."""
    return Payment(
        merchant_uid=answer.merchant_uid,
        checkout_key=f"taken-in:{answer.imp_uid}",
        user_id=customer.pk if customer else None,
        name=answer.name or answer.merchant_uid,
        amount=int(answer.amount),
        currency=answer.currency,
        pay_method=answer.pay_method,
        requested_at=from_unix(answer.started_at or answer.paid_at) or timezone.now(),
    )


def _settle(payment: Payment, answer: GatewayPayment, actor: AbstractBaseUser) -> None:
    """Apply the answer to the new payment, which nobody else can see before this commits."""
    question = Question(
        payment_id=payment.pk,
        merchant_uid=payment.merchant_uid,
        attempt=uuid.uuid4().hex,
        source=Source.RECONCILIATION,
        imp_uid=answer.imp_uid,
        actor=actor,
    )
    answered = [(question, Answer(answer))]
    (result,) = settle_many(payments={payment.pk: payment}, answered=answered)
    if result.findings:
        raise NotAllowed(DIFFERS)


def suggested_customer(*, answer: GatewayPayment) -> AbstractBaseUser | None:
    """Whom the payment may belong to, by its custom data or else by the buyer's e-mail.

    Both come from a browser: good for a suggestion, never for a decision.
    """
    custom_data = _custom_data(answer.custom_data)
    for key in _ID_KEYS:
        if (person := _by_id(custom_data.get(key))) is not None:
            return person
    for email in (*(custom_data.get(key) for key in _EMAIL_KEYS), answer.buyer_email):
        if (person := _by_email(email)) is not None:
            return person
    return None


def _custom_data(text: str) -> dict[str, Any]:
    """JSON text, which may itself hold JSON text (contract 9#24); {} for anything else."""
    value: Any = text
    for _layer in range(2):
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _by_id(value: object) -> AbstractBaseUser | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if (pk := whole_number(text)) is None:
        return None
    return get_user_model().objects.filter(pk=pk, is_active=True).first()


def _by_email(value: object) -> AbstractBaseUser | None:
    email = clean(value).strip() if isinstance(value, str) else ""
    if "@" not in email or len(email) > 254:
        return None
    people = list(get_user_model().objects.filter(email__iexact=email, is_active=True)[:2])
    return people[0] if len(people) == 1 else None


def decide_customer(
    *, payment: Payment, actor: AbstractBaseUser, customer: AbstractBaseUser, note: str
) -> Payment:
    """Say whose payment it is, once and for good. Raises NotAllowed if it has a customer."""
    note = checked_text(text=note)
    with locked_payment(payment.pk) as locked:
        if locked.user_id is not None:
            raise NotAllowed(HAS_CUSTOMER)
        entry = Entry(
            kind=EventKind.CUSTOMER_SET,
            source=Source.ADMIN,
            key=str(EventKind.CUSTOMER_SET),
            actor=actor,
            note=note,
            changes={"user_id": customer.pk},
        )
        ledger.append(payment=locked, entry=entry)
    return locked
