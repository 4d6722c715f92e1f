"""Marking a payment failed by hand. The gateway is asked first; if it says paid, no.

While the gateway is silent, the order stays open, unless the caller says that this person may go on
without an answer (`override_silence`) and no earlier answer speaks against it. The row then names
`GATEWAY_SILENT` beside the reason, and the "no answer" row right before it is the proof. To allow
another case, extend `_refusal`: it is the list of reasons against.
"""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments import gateway, ledger
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment
from payments.selectors.open_orders import may_still_appear
from payments.selectors.payments.flags import is_flagged
from payments.services.verification.settle import Result
from payments.services.verification.verify import verify_twice
from payments.states import EventKind, FailReason, PaymentStatus, Source

from .fail import fail_order

NOT_OPEN = _("Only a payment that is not paid yet can be marked failed.")
HAS_MONEY = _("The gateway says that this payment was approved. It can't be marked failed.")
DIFFERS = _("The gateway's answer does not agree with this order. Clear up the difference first.")
NOT_YET = _(
    "The gateway does not know a payment of this order, but one that was just made may show a "
    "moment later. Try again in half a minute."
)
REASON_NEEDED = _("Say in a few words why this payment is marked failed.")

MAX_NOTE = 500
# In `reason_code`, after the reason: failed in a person's name, without the gateway's word.
GATEWAY_SILENT = "gateway_silent"


def mark_failed(
    *,
    payment: Payment,
    actor: AbstractBaseUser,
    reason: FailReason,
    note: str,
    expected_version: int,
    source: Source = Source.ADMIN,
    override_silence: bool = False,
) -> Payment:
    """Mark an open payment failed, for a reason, in the name of `actor`.

    `override_silence` says that `actor` may go on if the gateway does not answer: the caller has
    checked that permission. It helps against silence only, never against an answer. Raises Conflict
    (the payment changed since `expected_version`), NotAllowed (not open, approved at the gateway,
    differs from it, may still appear there, no text), GatewayUnavailable (no answer). In each case
    the status is only what the gateway itself says.
    """
    if not note.strip():
        raise NotAllowed(REASON_NEEDED)
    if payment.version != expected_version:
        raise Conflict
    if payment.status != PaymentStatus.READY:
        raise NotAllowed(NOT_OPEN)
    differed = is_flagged(payment)
    result = verify_twice(
        payment=payment,
        source=source,
        actor=actor,
        note=note,
        expected_version=expected_version,
    )
    if refusal := _refusal(result, differed=differed):
        _record_refusal(result.payment, actor, reason, note, source, refusal)
        raise NotAllowed(refusal)
    if not result.is_known and not override_silence:
        raise GatewayUnavailable(gateway.in_words(result.why))
    if result.payment.status == PaymentStatus.FAILED:
        return result.payment
    return fail_order(
        payment=result.payment,
        kind=EventKind.MARKED_FAILED,
        source=source,
        key=f"marked_failed:{uuid.uuid4().hex}",
        actor=actor,
        reason_code=reason.value if result.is_known else f"{reason.value},{GATEWAY_SILENT}",
        fail_reason=note,
        note=note,
    )


def _refusal(result: Result, *, differed: bool) -> str | Promise | None:
    if result.payment.status in {PaymentStatus.PAID, PaymentStatus.CANCELLED}:
        return HAS_MONEY
    if result.kind is EventKind.DISCREPANCY:
        return DIFFERS
    # Neither silence nor "not there" takes back what an earlier answer has shown.
    is_empty = not result.is_known or result.kind is EventKind.NOT_FOUND
    if is_empty and differed:
        return DIFFERS
    return NOT_YET if may_still_appear(result.payment) else None


def _record_refusal(
    payment: Payment,
    actor: AbstractBaseUser,
    reason: FailReason,
    note: str,
    source: Source,
    refusal: str | Promise,
) -> None:
    with locked_payment(payment.pk) as locked:
        entry = Entry(
            kind=EventKind.REFUSED,
            source=source,
            key=f"refused:{uuid.uuid4().hex}",
            actor=actor,
            reason_code=reason,
            note=f"{note}\n{refusal}",
        )
        ledger.append(payment=locked, entry=entry)
