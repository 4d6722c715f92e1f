"""Failing an open order, once the gateway was asked and the caller has decided.

Used by staff's mark (`mark_failed`) and by the sweep. To fail one for another reason, call
`fail_order` with that reason; what speaks against it is for the caller to know.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from payments import ledger
from payments.core.text import clean
from payments.errors import Conflict
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment
from payments.states import EventKind, PaymentStatus, Source


def fail_order(
    *,
    payment: Payment,
    kind: EventKind,
    source: Source,
    key: str,
    reason_code: str,
    fail_reason: str,
    actor: AbstractBaseUser | None = None,
    note: str = "",
) -> Payment:
    """The order as failed; `fail_reason` is what the customer and staff read.

    `payment` is as the gateway's answer left it. Raises Conflict if it has moved on since.
    """
    with locked_payment(payment.pk) as locked:
        # A webhook may have come in between the gateway's answer and this lock.
        if locked.version != payment.version:
            raise Conflict
        entry = Entry(
            kind=kind,
            source=source,
            key=key,
            actor=actor,
            reason_code=reason_code,
            note=note,
            changes={
                "status": PaymentStatus.FAILED,
                "failed_at": timezone.now(),
                "fail_reason": clean(fail_reason.strip(), 255),
            },
        )
        ledger.append(payment=locked, entry=entry)
        return locked
