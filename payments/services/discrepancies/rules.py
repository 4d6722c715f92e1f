"""A payment of ours beside the gateway's: in which `Bucket`s they differ, and the figures of each.

Pure: no database, no clock, no network. The reconciliation, a verification and the look at open
discrepancies all ask `differences`, so they never disagree about what a difference is. To find
another kind: a `Bucket`, and the line below that yields it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from payments.core.kst import from_unix
from payments.core.masking import mask, mask_email
from payments.core.money import MAX_WON, WON
from payments.iamport import GatewayPayment
from payments.models import Bucket, Payment
from payments.services.verification.compare import contradictions
from payments.states import APPROVED, MONEYLESS, PaymentStatus

# What is kept of the gateway's side, besides times, the refund and the buyer.
_THEIRS = (
    "imp_uid",
    "merchant_uid",
    "name",
    "status",
    "amount",
    "currency",
    "sandbox",
    "pay_method",
    "pg_provider",
)


class Ours(NamedTuple):
    """What is compared of a payment of ours."""

    imp_uid: str | None
    merchant_uid: str
    status: str
    amount: int
    currency: str
    cancelled_amount: int
    requested_at: datetime


def amount_at_risk(side: Payment | GatewayPayment | None) -> int:
    """What hangs on it, in won: an amount in another currency can't be added up with won."""
    if side is None or side.currency != WON:
        return 0
    return min(int(side.amount), MAX_WON)


def ours_of(payment: Payment) -> Ours:
    """What is compared of it."""
    return Ours(*(getattr(payment, name) for name in Ours._fields))


def differences(
    *,
    ours: Ours | None,
    theirs: GatewayPayment | None,
    accepts_test_payments: bool,
    now: datetime,
) -> tuple[Bucket, ...]:
    """In what the two sides differ; () if they agree, or if no money hangs on it.

    An answer that contradicts itself never agrees, though all its fields be equal to ours.

    `ours` is found by the imp_uid of `theirs` or else by its order number; None means that this
    side has no such payment, never that it was not asked.
    """
    if theirs is None:
        # Without an imp_uid there is nothing that the gateway could know.
        return (Bucket.MISSING_THERE,) if ours is not None and ours.imp_uid else ()
    is_ours = ours is not None and ours.imp_uid == theirs.imp_uid
    if theirs.status in MONEYLESS and not is_ours:
        # A window that was closed, a declined card: it moved no money, so nothing is missing here,
        # and it says nothing against the attempt that was approved.
        return ()
    if theirs.sandbox and not accepts_test_payments and theirs.status not in MONEYLESS:
        # It moves no money either: nothing else of it counts.
        return (Bucket.TEST_PAYMENT,)
    if ours is None:
        return (Bucket.MISSING_HERE,)
    if not is_ours and ours.status in APPROVED and theirs.status in APPROVED:
        return (Bucket.DOUBLE_APPROVAL,)
    return tuple(_facts(ours, theirs)) or _contradiction(ours, theirs, now)


def _contradiction(ours: Ours, theirs: GatewayPayment, now: datetime) -> tuple[Bucket, ...]:
    if theirs.status not in APPROVED:
        return ()
    findings = contradictions(answer=theirs, ordered_at=ours.requested_at, now=now)
    # After a refund the time of payment may be gone (contract 9#22).
    is_timeless = theirs.status == PaymentStatus.PAID and not theirs.paid_at
    return (Bucket.CONTRADICTION,) if findings or is_timeless else ()


def _facts(ours: Ours, theirs: GatewayPayment) -> Iterator[Bucket]:
    if theirs.merchant_uid != ours.merchant_uid:
        yield Bucket.ORDER_NUMBER
    if {ours.status, theirs.status}.issubset(MONEYLESS):
        if ours.status == PaymentStatus.READY and theirs.status == PaymentStatus.FAILED:
            yield Bucket.STATUS
        # The other way round, a window that staff or a sweep closed here stays `ready` at the
        # gateway for ever (contract 3.2).
        return
    if theirs.amount != ours.amount:
        yield Bucket.AMOUNT
    if theirs.currency != ours.currency:
        yield Bucket.CURRENCY
    if {ours.status, theirs.status}.issubset(APPROVED):
        # Paid here and refunded there is a refund that we do not know of: one difference, not two.
        if theirs.cancel_amount != ours.cancelled_amount:
            yield Bucket.REFUND
        elif theirs.status != ours.status:
            yield Bucket.STATUS
    elif theirs.status != ours.status:
        yield Bucket.STATUS


def our_figures(payment: Payment | None) -> str:
    """Our side as JSON text; "" where there is none. The same facts give the same text."""
    if payment is None:
        return ""
    figures = {name: getattr(payment, name) for name in (*Ours._fields, "name")}
    times = ("requested_at", "paid_at", "failed_at", "cancelled_at")
    return _text(figures | {name: _iso(getattr(payment, name)) for name in times})


def their_figures(answer: GatewayPayment | None) -> str:
    """The gateway's side as JSON text with personal data masked; "" where there is none."""
    if answer is None:
        return ""
    figures = {name: getattr(answer, name) for name in _THEIRS}
    figures["cancelled_amount"] = answer.cancel_amount
    figures["buyer_name"] = mask(answer.buyer_name) if answer.buyer_name else ""
    figures["buyer_email"] = mask_email(answer.buyer_email) if answer.buyer_email else ""
    times = ("started_at", "paid_at", "failed_at", "cancelled_at")
    return _text(figures | {name: _iso(from_unix(getattr(answer, name))) for name in times})


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _text(figures: dict[str, Any]) -> str:
    return json.dumps(figures, sort_keys=True, separators=(",", ":"), default=str)
