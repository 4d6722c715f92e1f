"""A month of a shop's payments with planted differences of every kind: for benchmark and tests.

Any number of orders, posted to the stand-in gateway as they stand here, except for what `PLANTED`
names. Rows are written without a ledger, with the movements that one would have booked, so this is
no data for anything else. To plant another difference: its number in `PLANTED`, and what is done to
a paid payment in `_FAULTS`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from payments.core.kst import day_of, start_of
from payments.models import Bucket, Movement, Payment
from payments.states import MovementKind, PaymentStatus

DAYS = 30
BATCH_SIZE = 5_000
AMOUNT = 12_000

PLANTED: dict[Bucket, int] = {
    Bucket.MISSING_HERE: 8,
    Bucket.MISSING_THERE: 8,
    Bucket.AMOUNT: 8,
    Bucket.STATUS: 8,
    Bucket.REFUND: 8,
    Bucket.CURRENCY: 5,
    Bucket.ORDER_NUMBER: 5,
    Bucket.DOUBLE_APPROVAL: 5,
    Bucket.TEST_PAYMENT: 5,
    Bucket.PAID_AT: 5,
    Bucket.CONTRADICTION: 5,
    Bucket.DETAILS: 5,
}
# In these the two sides agree to the won.
WITHOUT_WON = (Bucket.ORDER_NUMBER, Bucket.PAID_AT, Bucket.CONTRADICTION, Bucket.DETAILS)

A_DAY = timedelta(days=1)

GatewayPayment = dict[str, Any]
Refund = tuple[int, datetime]
Expected = dict[str, set[str]]
# What a story comes to: the gateway's payments, and what went back of ours.
Told = tuple[list[GatewayPayment], list[Refund]]


@dataclass(slots=True)
class Pair:
    """One order: our row, if we have one, and the gateway's payments, none or several.

    `refunds` are what went back of ours, in won.
    """

    ours: Payment | None
    theirs: list[GatewayPayment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)


def write(
    *,
    size: int,
    first_day: date,
    user_id: int,
    product_id: int,
    post: Callable[[list[GatewayPayment]], Any],
) -> Expected:
    """Write `size` orders to both sides; the imp_uids of what differs, by bucket."""
    expected: Expected = defaultdict(set)
    pairs = _pairs(size, first_day, user_id, product_id, expected)
    while batch := list(islice(pairs, BATCH_SIZE)):
        Payment.objects.bulk_create([pair.ours for pair in batch if pair.ours is not None])
        Movement.objects.bulk_create([row for pair in batch for row in _movements(pair)])
        post([payment for pair in batch for payment in pair.theirs])
    return dict(expected)


def _pairs(
    size: int, first_day: date, user_id: int, product_id: int, expected: Expected
) -> Iterator[Pair]:
    buckets = [bucket for bucket, number in PLANTED.items() for _ in range(number)]
    planted = {
        (2 * number + 1) * size // (2 * len(buckets)): bucket
        for number, bucket in enumerate(buckets)
    }
    begin, step = start_of(first_day), timedelta(days=DAYS) / size
    for number in range(size):
        bucket = planted.get(number)
        story = _paid if bucket else _STORIES[number % len(_STORIES)]
        ours = _ordered(number, begin + number * step, user_id, product_id)
        theirs, refunds = story(ours)
        pair = Pair(ours, theirs, refunds)
        if bucket is not None:
            expected[bucket.value].add(_FAULTS[bucket](pair, ours))
        yield pair


def _ordered(number: int, at: datetime, user_id: int, product_id: int) -> Payment:
    return Payment(
        merchant_uid=f"BOOK{number:012d}",
        checkout_key=f"book-{number}",
        user_id=user_id,
        product_id=product_id,
        name="book",
        amount=AMOUNT + number % 977,
        pay_method="card",
        requested_at=at,
        imp_uid=f"imp_{number:012d}",
    )


# --- What becomes of an order, the same on both sides ------------------------------------------


def _as_posted(payment: Payment, **fields: Any) -> GatewayPayment:
    return {
        "imp_uid": payment.imp_uid,
        "merchant_uid": payment.merchant_uid,
        "amount": payment.amount,
        "outcome": payment.status,
        "started_at": _second(payment.requested_at),
        "webhook": False,
        **fields,
    }


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _paid(payment: Payment) -> Told:
    payment.status, payment.paid_at = PaymentStatus.PAID, payment.requested_at
    return [_as_posted(payment, paid_at=_second(payment.requested_at))], []


def _refunded(*refunds: tuple[int, timedelta]) -> Callable[[Payment], Told]:
    """Paid, and of it so many won went back so much later."""

    def story(payment: Payment) -> Told:
        paid_at = payment.requested_at
        parts = [(won, paid_at + later) for won, later in refunds]
        won, last = sum(won for won, _at in parts), parts[-1][1]
        payment.status, payment.paid_at = PaymentStatus.CANCELLED, paid_at
        payment.cancelled_at, payment.cancelled_amount = last, won
        times = {"paid_at": _second(paid_at), "cancelled_at": _second(last)}
        history = [{"amount": part, "cancelled_at": _second(at)} for part, at in parts]
        fields = {"cancel_history": history, "cancel_amount": won}
        return [_as_posted(payment, **times, cancel_amount=won, fields=fields)], parts

    return story


def _failed(payment: Payment) -> Told:
    payment.status, payment.failed_at = PaymentStatus.FAILED, payment.requested_at
    return [_as_posted(payment, failed_at=_second(payment.requested_at))], []


def _abandoned(payment: Payment) -> Told:
    """A window that was closed: we keep no id of it, and it stays open there for ever."""
    posted = _as_posted(payment, outcome="ready")
    payment.imp_uid = None
    return [posted], []


_STORIES: tuple[Callable[[Payment], Told], ...] = (
    *[_paid] * 85,
    *[_failed] * 6,
    *[_refunded((1_000, timedelta()))] * 2,
    *[_refunded((1_000, 2 * A_DAY))] * 2,
    _refunded((1_000, A_DAY), (2_000, 5 * A_DAY)),
    *[_abandoned] * 3,
    # Within these days and after them once more: moved, and no difference.
    _refunded((1_000, A_DAY), (1_000, DAYS * A_DAY)),
)


def _movements(pair: Pair) -> Iterator[Movement]:
    """What a ledger would have booked of ours."""
    payment = pair.ours
    if payment is None or payment.paid_at is None:
        return
    yield _movement(payment, MovementKind.APPROVAL, payment.amount, payment.paid_at)
    for won, at in pair.refunds:
        yield _movement(payment, MovementKind.REFUND, -won, at)


def _movement(payment: Payment, kind: MovementKind, won: int, at: datetime) -> Movement:
    # The gateway tells whole seconds.
    happened_at = at.replace(microsecond=0)
    return Movement(
        payment=payment,
        event_sequence=1,
        key=f"{kind}:{payment.imp_uid}:{_second(at)}",
        kind=kind,
        imp_uid=str(payment.imp_uid),
        is_own=True,
        amount=won,
        happened_at=happened_at,
        day=day_of(at),
        observed_at=happened_at,
        pay_method=payment.pay_method,
    )


# --- What is planted: done to a paid payment; the imp_uid that it has to be found under --------


def _change(**changes: Any) -> Callable[[Pair, Payment], str]:
    def fault(pair: Pair, payment: Payment) -> str:
        pair.theirs[0] |= changes
        return str(payment.imp_uid)

    return fault


def _missing_here(pair: Pair, payment: Payment) -> str:
    pair.ours = None
    return str(payment.imp_uid)


def _missing_there(pair: Pair, payment: Payment) -> str:
    pair.theirs = []
    return str(payment.imp_uid)


def _declined_there(pair: Pair, payment: Payment) -> str:
    pair.theirs[0] |= {"outcome": "failed", "failed_at": pair.theirs[0].pop("paid_at")}
    return str(payment.imp_uid)


def _refunded_there(pair: Pair, payment: Payment) -> str:
    """Also filed under another time there: it must be found once all the same."""
    later = pair.theirs[0]["paid_at"] + 86_400
    pair.theirs[0] |= {"outcome": "cancelled", "cancel_amount": 500, "cancelled_at": later}
    return str(payment.imp_uid)


def _approved_twice(pair: Pair, payment: Payment) -> str:
    imp_uid = f"imp_twice_{str(payment.imp_uid)[-6:]}"
    pair.theirs.append(pair.theirs[0] | {"imp_uid": imp_uid})
    return imp_uid


def _paid_later_there(pair: Pair, payment: Payment) -> str:
    pair.theirs[0]["paid_at"] += 60
    return str(payment.imp_uid)


def _another_approval_number(pair: Pair, payment: Payment) -> str:
    payment.apply_num = "30012345"
    pair.theirs[0]["fields"] = {"apply_num": "30012346"}
    return str(payment.imp_uid)


_FAULTS: dict[Bucket, Callable[[Pair, Payment], str]] = {
    Bucket.MISSING_HERE: _missing_here,
    Bucket.MISSING_THERE: _missing_there,
    Bucket.AMOUNT: _change(amount=100),
    Bucket.STATUS: _declined_there,
    Bucket.REFUND: _refunded_there,
    Bucket.CURRENCY: _change(currency="USD"),
    Bucket.ORDER_NUMBER: _change(fields={"merchant_uid": "somebody-elses"}),
    Bucket.DOUBLE_APPROVAL: _approved_twice,
    Bucket.TEST_PAYMENT: _change(sandbox=True),
    Bucket.PAID_AT: _paid_later_there,
    # It says that it failed at the beginning of the epoch, and that it is paid.
    Bucket.CONTRADICTION: _change(fields={"failed_at": 1}),
    Bucket.DETAILS: _another_approval_number,
}
