"""The recheck: what did not pair up, fresh from both sides, by id.

The list and our rows were read at different moments, so a difference between them proves nothing.
Here the gateway is asked by id and our rows are read before and after: a payment of ours that
changed in between is looked at again. Nothing is written, and no transaction is open.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from payments import conf, gateway
from payments.comparing import ours_of
from payments.iamport import PLACE, GatewayPayment, Malformed
from payments.models import Bucket, Payment
from payments.services.discrepancies.rules import differences, is_late

ROUNDS = 3
# With none answered before, that many unreadable answers in a row are the gateway's trouble.
UNREADABLE_AT_MOST = 3


class Unmatched(NamedTuple):
    """What did not pair up. `listed` is what the gateway's list said of it, if it did.

    `is_ours`: it came by as a row of ours. `is_counted`: it was counted once, as unknown, so which
    side has it is counted already.
    """

    listed: GatewayPayment | None = None
    is_ours: bool = True
    is_counted: bool = False


# Only the list names it, and what the list says of it can't be read.
UNREADABLE = Unmatched(is_ours=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Both sides of one payment as they stand now; None: that side has no such payment.

    `is_moving`: ours changed each time that it was looked at, so nothing can be said of it.
    """

    imp_uid: str
    payment: Payment | None = None
    answer: GatewayPayment | None = None
    buckets: tuple[Bucket, ...] = ()
    is_moving: bool = False

    @property
    def to_keep(self) -> tuple[Bucket, ...]:
        """With what no comparison shows: money that came in for an order that had failed."""
        payment, answer = self.payment, self.answer
        if payment is None or answer is None or payment.imp_uid != answer.imp_uid:
            return self.buckets
        late = (Bucket.LATE_APPROVAL,) if is_late(payment=payment) else ()
        return (*self.buckets, *late)


def recheck(
    *, unmatched: Mapping[str, Unmatched], before_call: Callable[[], None]
) -> dict[str, Snapshot | None]:
    """A snapshot for each imp_uid, None where the gateway's answer can't be read.

    `before_call` is called before each call and may raise to end it all. Raises IamportError if the
    gateway gives no answer.
    """
    # What the list itself had unreadable comes last, or a few odd rows would pass for trouble of
    # the gateway and leave the rest unasked.
    left = sorted(unmatched, key=lambda imp_uid: unmatched[imp_uid] == UNREADABLE)
    snapshots: dict[str, Snapshot | None] = {}
    listed = {imp_uid: item.listed for imp_uid, item in unmatched.items()}
    orders = {imp_uid: row.merchant_uid for imp_uid, row in listed.items() if row}
    for _round in range(ROUNDS):
        before = {payment.pk: payment.version for payment in _payments(left, orders)}
        answers, unreadable = _ask(left, before_call)
        orders |= {imp_uid: answer.merchant_uid for imp_uid, answer in answers.items()}
        ours = _Ours(_payments(left, orders))
        again = []
        for imp_uid in left:
            answer = answers.get(imp_uid) or _hidden(listed[imp_uid])
            payment = ours.of(imp_uid, answer)
            if imp_uid in unreadable:
                snapshots[imp_uid] = None
            elif payment is not None and before.get(payment.pk) != payment.version:
                again.append(imp_uid)
            else:
                snapshots[imp_uid] = _snapshot(imp_uid, payment, answer)
        left = again
        if not left:
            break
    return snapshots | {imp_uid: Snapshot(imp_uid, is_moving=True) for imp_uid in left}


def _hidden(listed: GatewayPayment | None) -> GatewayPayment | None:
    """Test-channel payments are in the list; a look-up by id may hide them (contract 2.2)."""
    return listed if listed is not None and listed.sandbox else None


def _snapshot(imp_uid: str, payment: Payment | None, answer: GatewayPayment | None) -> Snapshot:
    buckets = differences(
        ours=ours_of(payment) if payment else None,
        theirs=answer,
        accepts_test_payments=conf.gateway().accepts_test_payments,
        now=timezone.now(),
    )
    return Snapshot(imp_uid, payment, answer, buckets)


def _payments(imp_uids: Sequence[str], orders: Mapping[str, str]) -> list[Payment]:
    numbers = [orders[imp_uid] for imp_uid in imp_uids if imp_uid in orders]
    return list(Payment.objects.filter(Q(imp_uid__in=imp_uids) | Q(merchant_uid__in=numbers)))


class _Ours:
    """Our payments, by either id."""

    def __init__(self, payments: Iterable[Payment]) -> None:
        payments = list(payments)
        self._by_imp_uid = {payment.imp_uid: payment for payment in payments}
        self._by_order = {payment.merchant_uid: payment for payment in payments}

    def of(self, imp_uid: str, answer: GatewayPayment | None) -> Payment | None:
        """The payment that holds this imp_uid, or else the order that the answer names."""
        holder = self._by_imp_uid.get(imp_uid)
        return holder or (self._by_order.get(answer.merchant_uid) if answer else None)


def _ask(
    imp_uids: Sequence[str], before_call: Callable[[], None]
) -> tuple[dict[str, GatewayPayment], set[str]]:
    """The gateway's answers by id, and the ids whose answers can't be read.

    A row of the list that does not say who it is has no id to ask for: it can only stay unknown.
    """
    unreadable = {imp_uid for imp_uid in imp_uids if imp_uid.startswith(PLACE)}
    left = [imp_uid for imp_uid in imp_uids if imp_uid not in unreadable]
    before_call()
    try:
        batch = gateway.client().payments(imp_uids=left)
    except (Malformed, ValueError):
        answers, others = _ask_each(left, before_call)
        return answers, unreadable | others
    answers = {answer.imp_uid: answer for answer in batch.payments}
    return answers, unreadable | {row.imp_uid for row in batch.unreadable}


def _ask_each(
    imp_uids: Sequence[str], before_call: Callable[[], None]
) -> tuple[dict[str, GatewayPayment], set[str]]:
    """The batch can't be read or sent: ask for each alone, so that only its culprit is unknown."""
    answers: dict[str, GatewayPayment] = {}
    unreadable: set[str] = set()
    for number, imp_uid in enumerate(imp_uids, start=1):
        before_call()
        try:
            batch = gateway.client().payments(imp_uids=[imp_uid])
        except ValueError:
            unreadable.add(imp_uid)
        except Malformed:
            unreadable.add(imp_uid)
            if len(unreadable) == number >= min(UNREADABLE_AT_MOST, len(imp_uids)):
                raise
        else:
            answers |= {answer.imp_uid: answer for answer in batch.payments}
            unreadable |= {row.imp_uid for row in batch.unreadable}
    return answers, unreadable
