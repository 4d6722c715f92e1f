"""A payment of ours beside the gateway's: in which `Bucket`s they differ, and the figures of each.

Pure: no database, no clock, no network. The reconciliation, a verification and the look at open
discrepancies all ask `differences`, so they never disagree about what a difference is; what a
verification finds besides is named by `BUCKET_OF`. To find another kind: a `Bucket`, the line below
that yields it, and in `_SHOWN_BY` the figures that show it.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from payments.core.kst import from_unix
from payments.core.masking import mask, mask_email
from payments.core.money import MAX_WON, WON
from payments.iamport import GatewayPayment
from payments.models import Bucket, Payment
from payments.services.verification.compare import contradictions, paid_at_differs
from payments.states import APPROVED, MONEYLESS, Finding, PaymentStatus

_TIMES = ("paid_at", "failed_at", "cancelled_at")
# What is kept of the gateway's side, besides times, refunds and the buyer.
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


# What a verification's findings are in the queue. An answer about another order or another payment
# than was asked for is an event: it is judged against its own order.
BUCKET_OF = {
    Finding.IMP_UID_TAKEN: Bucket.ORDER_NUMBER,
    Finding.AMOUNT: Bucket.AMOUNT,
    Finding.CURRENCY: Bucket.CURRENCY,
    Finding.TEST_PAYMENT: Bucket.TEST_PAYMENT,
    Finding.SECOND_APPROVAL: Bucket.DOUBLE_APPROVAL,
    Finding.STATUS: Bucket.STATUS,
    Finding.UNKNOWN_STATUS: Bucket.STATUS,
    Finding.REFUND: Bucket.REFUND,
    Finding.REFUND_GONE: Bucket.REFUND,
    Finding.PAID_AT: Bucket.PAID_AT,
    Finding.NO_PAYMENT_TIME: Bucket.CONTRADICTION,
    Finding.NO_REFUND_TIME: Bucket.CONTRADICTION,
    Finding.HISTORY: Bucket.CONTRADICTION,
    Finding.TIME: Bucket.CONTRADICTION,
}
# The figures that show a difference, by their names in both sides: as long as these stay as they
# were when a person accepted it, it stays settled.
_SHOWN_BY = {
    Bucket.MISSING_HERE: ("status", "amount", "cancelled_amount", "currency"),
    Bucket.MISSING_THERE: ("status", "amount", "cancelled_amount", "currency"),
    Bucket.AMOUNT: ("amount", "currency"),
    Bucket.STATUS: ("status", "cancelled_amount"),
    Bucket.REFUND: ("status", "cancelled_amount", "refunds"),
    Bucket.CURRENCY: ("amount", "currency"),
    Bucket.ORDER_NUMBER: ("merchant_uid", "imp_uid"),
    Bucket.DOUBLE_APPROVAL: ("imp_uid", "status", "amount", "cancelled_amount"),
    Bucket.TEST_PAYMENT: ("sandbox", "status", "amount"),
    Bucket.PAID_AT: ("paid_at",),
    Bucket.CONTRADICTION: ("status", "cancelled_amount", "refunds", *_TIMES),
    Bucket.LATE_APPROVAL: ("imp_uid", "paid_at"),
}


class Ours(NamedTuple):
    """What is compared of a payment of ours."""

    imp_uid: str | None
    merchant_uid: str
    status: str
    amount: int
    currency: str
    cancelled_amount: int
    paid_at: datetime | None
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
        return tuple(_of_open_window(ours, theirs, accepts_test_payments))
    if theirs.sandbox and not accepts_test_payments and theirs.status not in MONEYLESS:
        # It moves no money either: nothing else of it counts.
        return (Bucket.TEST_PAYMENT,)
    if ours is None:
        return (Bucket.MISSING_HERE,)
    if not is_ours and ours.status in APPROVED and theirs.status in APPROVED:
        return (
            (Bucket.DOUBLE_APPROVAL,) if theirs.holds_money else _contradiction(ours, theirs, now)
        )
    return tuple(_facts(ours, theirs)) or _contradiction(ours, theirs, now)


def _of_open_window(
    ours: Ours | None, theirs: GatewayPayment, accepts_test_payments: bool
) -> Iterator[Bucket]:
    """A window that was closed, a declined card: it moved no money, so nothing is missing here.

    It says nothing against the attempt that was approved. Beside an order that none has settled, it
    must be for what was ordered.
    """
    if ours is None or ours.status not in MONEYLESS or ours.merchant_uid != theirs.merchant_uid:
        return
    yield from _values(ours, theirs)
    if theirs.sandbox and not accepts_test_payments:
        yield Bucket.TEST_PAYMENT


def _values(ours: Ours, theirs: GatewayPayment) -> Iterator[Bucket]:
    if theirs.amount != ours.amount:
        yield Bucket.AMOUNT
    if theirs.currency != ours.currency:
        yield Bucket.CURRENCY


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
    yield from _values(ours, theirs)
    if {ours.status, theirs.status}.issubset(APPROVED):
        # Paid here and refunded there is a refund that we do not know of: one difference, not two.
        if theirs.cancel_amount != ours.cancelled_amount:
            yield Bucket.REFUND
        elif theirs.status != ours.status:
            yield Bucket.STATUS
        if ours.imp_uid == theirs.imp_uid and paid_at_differs(ours=ours, theirs=theirs):
            yield Bucket.PAID_AT
    elif theirs.status != ours.status:
        yield Bucket.STATUS


def is_late(*, payment: Payment) -> bool:
    """Whether money came in for an order that had failed, and not all of it has gone back."""
    return payment.late_approval and payment.net_amount > 0


def with_findings(*, buckets: Iterable[Bucket], findings: Iterable[Finding]) -> tuple[Bucket, ...]:
    """In what two sides differ, with what a verification has found besides."""
    named = (BUCKET_OF[finding] for finding in findings if finding in BUCKET_OF)
    return tuple(dict.fromkeys((*buckets, *named)))


def line_figures(
    *, bucket: Bucket, payment: Payment | None, answer: GatewayPayment | None
) -> tuple[str, str]:
    """Of both sides the figures that show this difference, as JSON text; "" for a side without."""
    sides = (our_figures(payment), their_figures(answer))
    return _shown(bucket, sides[0]), _shown(bucket, sides[1])


def _shown(bucket: Bucket, side: str) -> str:
    figures = json.loads(side) if side else {}
    shown = {name: figures[name] for name in _SHOWN_BY[bucket] if name in figures}
    return _text(shown) if shown else ""


def our_figures(payment: Payment | None) -> str:
    """Our side as JSON text; "" where there is none. The same facts give the same text."""
    if payment is None:
        return ""
    figures = {name: getattr(payment, name) for name in (*Ours._fields, "name")}
    times = ("requested_at", *_TIMES)
    return _text(figures | {name: _iso(getattr(payment, name)) for name in times})


def their_figures(answer: GatewayPayment | None) -> str:
    """The gateway's side as JSON text with personal data masked; "" where there is none."""
    if answer is None:
        return ""
    figures = {name: getattr(answer, name) for name in _THEIRS}
    figures["cancelled_amount"] = answer.cancel_amount
    figures["refunds"] = [[part.amount, part.cancelled_at] for part in answer.cancel_history]
    figures["buyer_name"] = mask(answer.buyer_name) if answer.buyer_name else ""
    figures["buyer_email"] = mask_email(answer.buyer_email) if answer.buyer_email else ""
    times = ("started_at", *_TIMES)
    return _text(figures | {name: _iso(from_unix(getattr(answer, name))) for name in times})


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _text(figures: dict[str, Any]) -> str:
    return json.dumps(figures, sort_keys=True, separators=(",", ":"), default=str)
