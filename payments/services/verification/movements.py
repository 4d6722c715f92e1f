"""Which money an answer books: each fact once, whatever stands already.

An answer that agrees with its order and does not contradict itself is held beside the movements
that stand for the same attempt. An entry of `cancel_history` is matched by its `cancellation_id`,
else by time and amount as a multiset: V1 promises no order, and old entries have no id (contract
3.4). What was derived from a sum alone and turns out to be others is taken back by a correction of
the same time; then the others are booked. An entry that is gone books nothing: `Gone`; unless a
person has confirmed it (`RefundChange`): then a refund whose time has moved is corrected, and one
that was taken back is booked as such on the PG's date.

To book another kind of movement: a method of `_Book` that yields `Draft`s, and its `MovementKind`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product
from typing import Protocol

from django.utils import timezone

from payments.core.kst import day_of, from_unix, start_of
from payments.core.money import WON
from payments.core.text import web_url
from payments.iamport import Cancellation, GatewayPayment, Money
from payments.ledger import Draft
from payments.models import Movement, Payment
from payments.models.movement import CORRECTED, reversal_key
from payments.selectors.movements import standing_refunds
from payments.states import APPROVED, Finding, MovementKind, PaymentStatus

from .compare import Verdict, contradictions, refund_change

_TAKEN_BACK = {MovementKind.REFUND_REVERSAL, MovementKind.CORRECTION}


class Gone(Exception):
    """A refund that was booked is not in the gateway's history any more: nothing may be booked."""


class Untimed(Exception):
    """A refund whose time is told nowhere: it can be on no day."""


@dataclass(frozen=True, slots=True)
class RefundChange:
    """A person's word that refunds of an attempt have changed at the PG, and so may change here.

    `reversed_on`: the Korean day on which the PG took refunds back; None if it took back none.
    """

    imp_uid: str
    reversed_on: date | None = None


class Booked(Protocol):
    """A movement that stands, or a draft of one."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def imp_uid(self) -> str: ...
    @property
    def is_own(self) -> bool: ...
    @property
    def amount(self) -> int: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def external_id(self) -> str: ...
    @property
    def is_derived(self) -> bool: ...


def with_movements(
    *,
    payment: Payment,
    answer: GatewayPayment,
    verdict: Verdict,
    standing: Sequence[Movement],
    change: RefundChange | None = None,
) -> tuple[Verdict, tuple[Draft, ...]]:
    """The verdict and the movements that follow; if they can't be told, the finding that says why.

    An answer that differs from its order or contradicts itself moves nothing; one with less
    refunded than before only after a person's `change` about its attempt.
    """
    change = change if change and change.imp_uid == answer.imp_uid else None
    is_second = payment.status in APPROVED and answer.imp_uid != payment.imp_uid
    if is_second and not _may_be_booked(payment, answer, verdict):
        return verdict, ()
    is_confirmed = change is not None and verdict.findings == (Finding.REFUND_GONE,)
    is_refused = bool(verdict.findings) and not (is_second or is_confirmed)
    if is_refused or is_known(payment=payment, answer=answer):
        return verdict, ()
    try:
        booked = drafts(answer=answer, standing=standing, is_own=not is_second, change=change)
    except Gone:
        return _held_up(verdict, Finding.REFUND_GONE), ()
    except Untimed:
        return _held_up(verdict, Finding.NO_REFUND_TIME), ()
    if change and not is_second and take_back(booked):
        step = refund_change(payment=payment, answer=answer)
        return replace(verdict, findings=(), steps=(step,)), booked
    return verdict, booked


def take_back(booked: Iterable[Draft]) -> bool:
    """Whether these undo something that was booked."""
    return any(draft.kind in _TAKEN_BACK for draft in booked)


def _held_up(verdict: Verdict, finding: Finding) -> Verdict:
    findings = dict.fromkeys((*verdict.findings, finding))
    return replace(verdict, findings=tuple(findings), steps=())


def tells_other_refunds(*, payment: Payment, answer: GatewayPayment) -> bool:
    """Whether what an attempt gave back stands otherwise than this answer tells it.

    Of another attempt than the order's own only what is gone counts: the rest would be booked.
    """
    if not {payment.status, answer.status} <= set(APPROVED):
        return False
    is_own = payment.imp_uid == answer.imp_uid
    standing = list(payment.movements.filter(imp_uid=answer.imp_uid))
    try:
        booked = drafts(answer=answer, standing=standing, is_own=is_own)
    except Gone:
        return True
    except Untimed:
        return is_own
    return is_own and any(draft.kind != MovementKind.APPROVAL for draft in booked)


def is_known(*, payment: Payment, answer: GatewayPayment) -> bool:
    """It says that the own attempt is paid, which was booked: most answers of a run."""
    both_paid = payment.status == answer.status == PaymentStatus.PAID
    return both_paid and payment.imp_uid == answer.imp_uid


def _may_be_booked(payment: Payment, answer: GatewayPayment, verdict: Verdict) -> bool:
    """Another attempt's won are on the PG's sheet, too, if what is told of it can be true."""
    if answer.currency != WON or not set(verdict.findings) <= {Finding.SECOND_APPROVAL}:
        return False
    now = timezone.now()
    return not contradictions(answer=answer, ordered_at=payment.requested_at, now=now)


def drafts(
    *,
    answer: GatewayPayment | Money,
    standing: Iterable[Booked],
    is_own: bool,
    change: RefundChange | None = None,
) -> tuple[Draft, ...]:
    """What has to be booked so that the attempt's movements say what the answer says.

    Raises Gone or Untimed, and then nothing may be booked. An attempt without money has none. Of
    one whose approval stands the time of payment need not be told any more (contract 9#22).
    """
    if answer.status not in APPROVED:
        return ()
    book = _Book(answer, standing, is_own, change)
    if not answer.paid_at and not book.has_approval:
        return ()
    return (*book.approval(), *book.refunds())


class _Book:
    """One attempt's book: what the gateway says of it beside what stands."""

    def __init__(
        self,
        answer: GatewayPayment | Money,
        standing: Iterable[Booked],
        is_own: bool,
        change: RefundChange | None,
    ) -> None:
        self._answer, self._is_own, self._change = answer, is_own, change
        self._mine = [one for one in standing if one.imp_uid == answer.imp_uid]
        self._keys = {one.key for one in self._mine}
        self._approval_key = f"approval:{answer.imp_uid}"
        self._refunds = standing_refunds(self._mine)

    @property
    def has_approval(self) -> bool:
        """Whether the money that came in was booked."""
        return self._approval_key in self._keys

    def approval(self) -> Iterator[Draft]:
        """The money that came in."""
        if not self.has_approval:
            yield self._draft(
                key=self._approval_key,
                kind=MovementKind.APPROVAL,
                amount=int(self._answer.amount),
                at=self._answer.paid_at,
                pg_tid=self._answer.pg_tid,
                receipt_url=web_url(self._answer.receipt_url),
            )

    def refunds(self) -> Iterator[Draft]:
        """The money that went back, entry by entry; or as a sum where no history is told."""
        if not self._answer.cancel_history:
            yield from self._derived()
            return
        gone, wrong, new = self._unmatched()
        moved = self._moved(gone, new)
        yield from map(self._correction, (*wrong, *moved))
        yield from (self._reversal(row) for row in gone if row not in moved)
        yield from map(self._refund, new)

    def _derived(self) -> Iterator[Draft]:
        missing = int(self._answer.cancel_amount) + sum(one.amount for one in self._refunds)
        if missing < 0:
            yield from map(self._reversal, self._newest_worth(-missing))
            return
        if missing == 0:
            return
        at = self._answer.cancelled_at
        if not at:
            raise Untimed
        yield self._draft(
            key=self._new_key(f"derived:{self._answer.imp_uid}:{at}:{missing}"),
            kind=MovementKind.REFUND,
            amount=-missing,
            at=at,
            reason=self._answer.cancel_reason,
            is_derived=True,
        )

    def _newest_worth(self, amount: int) -> list[Booked]:
        """The newest refunds that come to this amount; Gone if it can't be told which they were."""
        newest: list[Booked] = []
        for row in sorted(self._refunds, key=lambda row: row.happened_at, reverse=True):
            if amount > 0:
                newest.append(row)
                amount += row.amount
        if amount:
            raise Gone
        return newest

    def _unmatched(self) -> tuple[list[Booked], list[Booked], list[Cancellation]]:
        """Rows that are gone, derived ones that turned out to be others, entries to be booked."""
        entries = list(self._answer.cancel_history)
        # What was derived takes what the others leave.
        gone = self._paired([row for row in self._refunds if not row.is_derived], entries)
        wrong = self._paired([row for row in self._refunds if row.is_derived], entries)
        if sum(not entry.cancelled_at for entry in entries) > 1:
            raise Untimed
        entries.sort(key=lambda entry: (self._time_of(entry), entry.cancellation_id, entry.amount))
        return gone, wrong, entries

    def _moved(self, gone: list[Booked], new: list[Cancellation]) -> list[Booked]:
        """The rows that are there at another time, where a person has confirmed the change."""
        if self._change is None:
            return []
        left, moved = list(new), []
        for row in gone:
            alike = (
                one
                for one in left
                if -int(one.amount) == row.amount and (_same_id(row, one) or _no_ids(row, one))
            )
            if (entry := next(alike, None)) is not None:
                left.remove(entry)
                moved.append(row)
        return moved

    def _paired(self, rows: list[Booked], entries: list[Cancellation]) -> list[Booked]:
        """Take each row's entry out of `entries`; the rows that have none.

        By id first, then those without one; then an id that was told later, or is told no more. Of
        each, those whose time is told before those whose time is not.
        """
        for likeness, is_equal in product((_same_id, _no_ids, _one_id), (_is_equal, _is_untimed)):
            for row in tuple(rows):
                alike = (one for one in entries if likeness(row, one) and is_equal(row, one))
                if (entry := next(alike, None)) is not None:
                    rows.remove(row)
                    entries.remove(entry)
        return rows

    def _time_of(self, entry: Cancellation) -> int:
        """Its own time; of a new one without, the payment's, which is the last refund's.

        So the contract says (3); where that is another entry's own, this one's is told nowhere.
        """
        if entry.cancelled_at:
            return entry.cancelled_at
        last = self._answer.cancelled_at
        if not last or any(one.cancelled_at == last for one in self._answer.cancel_history):
            raise Untimed
        return last

    def _refund(self, entry: Cancellation) -> Draft:
        at, amount = self._time_of(entry), int(entry.amount)
        fact = entry.cancellation_id or f"{at}:{amount}"
        return self._draft(
            key=self._new_key(f"refund:{self._answer.imp_uid}:{fact}"),
            kind=MovementKind.REFUND,
            amount=-amount,
            at=at,
            external_id=entry.cancellation_id,
            reason=entry.reason,
            pg_tid=entry.pg_tid,
            receipt_url=web_url(entry.receipt_url),
        )

    def _correction(self, row: Booked) -> Draft:
        return self._draft(
            key=f"{CORRECTED}{row.key}",
            kind=MovementKind.CORRECTION,
            amount=-row.amount,
            at=int(row.happened_at.timestamp()),
        )

    def _reversal(self, row: Booked) -> Draft:
        """A refund that the PG took back, on the day that a person has told; Gone without one.

        Of that day nobody knows the time: its first second, or that of the refund itself.
        """
        day = self._change.reversed_on if self._change else None
        if day is None or day < day_of(row.happened_at):
            raise Gone
        return self._draft(
            key=reversal_key(key=row.key),
            kind=MovementKind.REFUND_REVERSAL,
            amount=-row.amount,
            at=int(max(start_of(day), row.happened_at).timestamp()),
            external_id=row.external_id,
        )

    def _new_key(self, fact: str) -> str:
        """Equal facts are told apart by a number: two refunds of one amount in one second."""
        number, key = 1, fact
        while key in self._keys:
            number += 1
            key = f"{fact}:{number}"
        self._keys.add(key)
        return key

    def _draft(
        self, *, at: int, amount: int, kind: MovementKind, key: str, **more: object
    ) -> Draft:
        answer, happened_at = self._answer, from_unix(at)
        assert happened_at is not None
        return Draft(
            key=key,
            kind=kind,
            imp_uid=answer.imp_uid,
            is_own=self._is_own,
            amount=amount,
            happened_at=happened_at,
            approved_on=None if kind == MovementKind.APPROVAL else self._approved_on(),
            is_test=answer.sandbox,
            pay_method=answer.pay_method,
            pg_provider=answer.pg_provider,
            pg_id=answer.pg_id,
            **more,  # type: ignore[arg-type]
        )

    def _approved_on(self) -> date | None:
        """The Korean day of the attempt's approval: as it was booked, else as it is booked now."""
        booked = (one.happened_at for one in self._mine if one.kind == MovementKind.APPROVAL)
        approved_at = next(booked, None) or from_unix(self._answer.paid_at)
        return day_of(approved_at) if approved_at else None


def _is_equal(row: Booked, entry: Cancellation) -> bool:
    """Of the same won at the same time: one that has moved is another one."""
    return (-int(entry.amount), from_unix(entry.cancelled_at)) == (row.amount, row.happened_at)


def _is_untimed(row: Booked, entry: Cancellation) -> bool:
    """Of the same won, and its time is not told: nothing speaks against the one that stands."""
    return not entry.cancelled_at and -int(entry.amount) == row.amount


def _same_id(row: Booked, entry: Cancellation) -> bool:
    return bool(row.external_id) and row.external_id == entry.cancellation_id


def _no_ids(row: Booked, entry: Cancellation) -> bool:
    return not row.external_id and not entry.cancellation_id


def _one_id(row: Booked, entry: Cancellation) -> bool:
    return bool(row.external_id) != bool(entry.cancellation_id)
