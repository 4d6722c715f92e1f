"""Which money moved on each side of a span, attempt by attempt: what the table in won is made of.

Ours are the movements that stand. The gateway's are what an answer would book: its approval, and
each entry of its history of refunds on the entry's own time. Which entry is a refund that stands
already is decided where refunds are booked (`services.verification.movements`), so both call the
same two equal. Test payments and other currencies than won are in no sum.

To compare another kind of movement, say in `_COUNTED` which row of the table it counts in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from payments.core.kst import from_unix
from payments.core.money import WON
from payments.iamport import GatewayPayment
from payments.models import Movement
from payments.services.verification.movements import Booked, Gone, Untimed, drafts
from payments.states import APPROVED, MovementKind, PaymentStatus

# A second that lies in no span: an approval whose time is told nowhere is on no day.
NEVER = 1
# In which row of the table a movement counts, and as how many: what is taken back lowers refunds.
_COUNTED: dict[str, tuple[str, int]] = {
    MovementKind.APPROVAL: (MovementKind.APPROVAL, 1),
    MovementKind.REFUND: (MovementKind.REFUND, 1),
    MovementKind.REFUND_REVERSAL: (MovementKind.REFUND, -1),
    MovementKind.CORRECTION: (MovementKind.REFUND, -1),
}
_OURS = ("imp_uid", "kind", "happened_at", "amount", "payment_id", "is_own")


class Key(NamedTuple):
    """What is held beside each other. `kind` is an approval or a refund."""

    imp_uid: str
    kind: str
    second: int


class Moved(NamedTuple):
    """How many movements, and their won, signed. What takes a refund back counts against it."""

    number: int = 0
    won: int = 0

    def plus(self, other: "Moved") -> "Moved":
        """Both together."""
        return Moved(self.number + other.number, self.won + other.won)


class Ours(NamedTuple):
    """Movements of ours with one key. `is_own`: of the attempt that settled the order."""

    key: Key
    moved: Moved
    payment_id: int
    is_own: bool


NOTHING = Moved()
Side = dict[Key, Moved]


def ours_between(*, from_: int, to: int) -> Iterator[Ours]:
    """Our movements of these seconds, both included, in no order."""
    span = {"happened_at__gte": from_unix(from_), "happened_at__lt": from_unix(to + 1)}
    rows = Movement.objects.filter(**span, is_test=False).order_by().values_list(*_OURS)
    for imp_uid, kind, happened_at, amount, payment_id, is_own in rows.iterator(chunk_size=2_000):
        counts_as, number = _COUNTED[kind]
        key = Key(imp_uid, counts_as, int(happened_at.timestamp()))
        yield Ours(key, Moved(number, amount), payment_id, is_own)


def stand(movements: Iterable[Movement]) -> Side:
    """The same of movements that were read already."""
    return _added_up(one for one in movements if not one.is_test)


def told(*, answer: GatewayPayment, standing: Sequence[Movement] = ()) -> Side:
    """What the gateway says that an attempt has moved, beside what stands of it here.

    With `standing` a refund of which the gateway tells no time is the one that we have.
    """
    if answer.status not in APPROVED or answer.sandbox or answer.currency != WON:
        return {}
    second = answer.paid_at or _approved_at(standing)
    approval = Key(answer.imp_uid, MovementKind.APPROVAL, second)
    side = {approval: Moved(1, int(answer.amount))}
    is_plain = answer.status == PaymentStatus.PAID and not answer.cancel_amount
    if is_plain and not answer.cancel_history and not standing:
        return side
    return side | _added_up(_refunds(replace(answer, paid_at=second), standing))


def _approved_at(standing: Iterable[Movement]) -> int:
    """After a refund the gateway may not tell the time of payment any more (contract 9#22)."""
    approvals = (one for one in standing if one.kind == MovementKind.APPROVAL)
    return next((int(one.happened_at.timestamp()) for one in approvals), NEVER)


def _refunds(answer: GatewayPayment, standing: Sequence[Movement]) -> list[Booked]:
    """What went back, as it would stand if the answer were booked.

    Where nothing could be booked (a refund is gone, or its time is told nowhere) what the answer
    tells counts alone, and of that what has a time.
    """
    for rows in (standing, ()):
        try:
            booked = drafts(answer=answer, standing=rows, is_own=True)
        except (Gone, Untimed):
            continue
        stood: list[Booked] = [*rows, *booked]
        return [one for one in stood if one.kind != MovementKind.APPROVAL]
    timed = tuple(entry for entry in answer.cancel_history if entry.cancelled_at)
    sum_of_timed = sum(int(entry.amount) for entry in timed)
    rest = replace(answer, cancel_history=timed, cancel_amount=sum_of_timed)
    return [one for one in drafts(answer=rest, standing=(), is_own=True) if one.amount < 0]


def _added_up(movements: Iterable[Booked]) -> Side:
    side: defaultdict[Key, Moved] = defaultdict(Moved)
    for one in movements:
        counts_as, number = _COUNTED[one.kind]
        key = Key(one.imp_uid, counts_as, int(one.happened_at.timestamp()))
        side[key] = side[key].plus(Moved(number, one.amount))
    return {key: moved for key, moved in side.items() if moved != NOTHING}
