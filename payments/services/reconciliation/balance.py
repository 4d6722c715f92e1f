"""The run in won: what moved on each side, by Korean day, and what differs, line by line.

Each side is counted once and for itself. Ours is read as the pass goes, by when the money moved; a
payment of the gateway's is told when its list brings it, with all that moved of it in the span on
whatever day. What the two have in common cancels out. The rest waits as lines, and goes when the
other side comes: a refund brings its payment's approval, which may lie weeks before. So at any stop
the difference of the sums is the sum of the lines, and nothing but lines is held.

What is left at the end of the pass is looked up by id (`settle`): V1's lists have a payment under
its last refund alone. Sums, lines and the run's cursor are saved together or not at all, so a part
that a dead worker had counted counts once. To tell apart more of a day, name it in `_counted`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet

from payments.core.kst import day_of_unix, from_unix
from payments.core.text import clean
from payments.iamport import IDS_PER_CALL, GatewayPayment
from payments.models import Movement, Payment, ReconciliationLine, ReconciliationRun

from .recheck import Snapshot
from .sides import NOTHING, Key, Moved, Side, ours_between, stand, told

# A day of the run's `money` has four numbers for each kind: count and won here, count and won at
# the gateway. `OTHERS` is what of ours is of attempts that are not their order's own.
HERE, THERE = 0, 2
OTHERS = "others"
_WHOSE = ("imp_uid", "payment_id")
Lines = list[ReconciliationLine]


class Balance:
    """The sums and lines of one run, as its worker counts them."""

    def __init__(self, run: ReconciliationRun) -> None:
        self._run = run
        self._first, self._last = run.bounds
        self._from = self._first if run.cursor is None else run.cursor + 1
        # A run that had begun before won were counted: half a table would be none.
        self.is_counted = run.money is not None
        self._money: dict[str, dict[str, list[int]]] = run.money or {}
        self._known_numbers: dict[tuple[date, str], list[int]] = {}
        self._told: Side = {}
        self._orders: dict[str, str] = {}
        self._changed: Lines = []
        self._gone: list[int] = []

    # --- While the pass goes -----------------------------------------------------------------

    def tell(self, answer: GatewayPayment) -> None:
        """A payment of the gateway's: what moved of it in the span. Call it once for each."""
        for key, moved in told(answer=answer).items() if self.is_counted else ():
            if self._first <= key.second <= self._last:
                before = self._told.get(key)
                self._told[key] = before.plus(moved) if before else moved
                self._orders[key.imp_uid] = answer.merchant_uid

    def stop_at(self, second: int) -> None:
        """Read ours up to this second, cancel out, and make lines of the rest."""
        if not self.is_counted:
            return
        here, payments = self._ours(second)
        there, self._told = self._told, {}
        left = [key for key in {**here, **there} if self._differs(key, here, there)]
        self._add(left, here, there, payments)
        self._orders = {}
        self._from = second + 1

    def _differs(self, key: Key, here: Side, there: Side) -> bool:
        """Whether the two sides of it do, which are counted now."""
        mine, theirs = here.get(key, NOTHING), there.get(key, NOTHING)
        numbers = self._numbers(day_of_unix(key.second), key.kind)
        numbers[HERE] += mine.number
        numbers[HERE + 1] += mine.won
        numbers[THERE] += theirs.number
        numbers[THERE + 1] += theirs.won
        return mine != theirs

    def _ours(self, until: int) -> tuple[Side, dict[str, int]]:
        """What stands here between the last stop and this second; whose it is."""
        here: Side = {}
        payments: dict[str, int] = {}
        for key, moved, payment_id, is_own in ours_between(from_=self._from, to=until):
            here[key] = here[key].plus(moved) if key in here else moved
            payments[key.imp_uid] = payment_id
            if not is_own:
                self._add_up(key, OTHERS, HERE, moved)
        return here, payments

    def _add(
        self, left: Sequence[Key], here: Side, there: Side, payments: Mapping[str, int]
    ) -> None:
        """What did not cancel out, added to the lines that wait."""
        waiting = self._waiting({key.imp_uid for key in left})
        for key in left:
            line = waiting.get(key) or self._line(key, None)
            line.payment_id = line.payment_id or payments.get(key.imp_uid)
            mine, theirs = here.get(key, NOTHING), there.get(key, NOTHING)
            _set(line, _here(line).plus(mine), _there(line).plus(theirs))
            self._keep(line)

    def _keep(self, line: ReconciliationLine) -> None:
        """To be written at the stop; one whose sides have become equal goes."""
        if _here(line) != _there(line):
            self._changed.append(line)
        elif line.pk:
            self._gone.append(line.pk)

    def _waiting(self, imp_uids: set[str]) -> dict[Key, ReconciliationLine]:
        if not imp_uids:
            return {}
        lines = self._lines().filter(imp_uid__in=imp_uids, is_settled=False)
        return {_key(line): line for line in lines}

    # --- What is left at its end ---------------------------------------------------------------

    def left(self) -> Iterator[Lines]:
        """The lines that still wait, of so many attempts as one call can ask about."""
        imp_uid, waiting = "", self._lines().filter(is_settled=False)
        while True:
            after = waiting.filter(imp_uid__gt=imp_uid).order_by("imp_uid")
            some = list(after.values_list("imp_uid", flat=True).distinct()[:IDS_PER_CALL])
            if not some:
                return
            yield list(waiting.filter(imp_uid__in=some).order_by("imp_uid", "happened_at"))
            imp_uid = some[-1]

    def settle(self, lines: Lines, snapshots: Mapping[str, Snapshot | None]) -> None:
        """These lines for good, by what a look-up has brought of those that were asked about."""
        _find_payments(lines)
        standing: defaultdict[str, list[Movement]] = defaultdict(list)
        imp_uids, payments = ({getattr(line, name) for line in lines} for name in _WHOSE)
        for movement in Movement.objects.filter(payment__in=payments, imp_uid__in=imp_uids):
            standing[movement.imp_uid].append(movement)
        for imp_uid, group in groupby(lines, key=lambda line: line.imp_uid):
            of_attempt = {_key(line): line for line in group}
            self._settle(of_attempt, standing[imp_uid], snapshots.get(imp_uid))

    def _settle(
        self,
        lines: dict[Key, ReconciliationLine],
        standing: Sequence[Movement],
        snapshot: Snapshot | None,
    ) -> None:
        here = self._in_span(stand(standing))
        there: Side = {key: _there(line) for key, line in lines.items()}
        if snapshot and snapshot.answer and not snapshot.is_moving:
            there = self._in_span(told(answer=snapshot.answer, standing=standing))
            some = next(iter(lines.values()))
            for key in there.keys() - here.keys() - lines.keys():
                lines[key] = self._line(key, some.payment_id, some.merchant_uid)
        for key, line in lines.items():
            self._correct(key, line, here.get(key, NOTHING), there.get(key, NOTHING))
        self._merge(list(lines.values()))

    def _correct(self, key: Key, line: ReconciliationLine, here: Moved, there: Moved) -> None:
        """What was counted of it becomes what is seen now."""
        for side, now, was in ((HERE, here, _here(line)), (THERE, there, _there(line))):
            more = Moved(now.number - was.number, now.won - was.won)
            self._add_up(key, key.kind, side, more)
        _set(line, here, there)

    def _merge(self, lines: Lines) -> None:
        """One line for each kind and day; none where the day comes to the same."""
        lines.sort(key=lambda line: (line.kind, line.happened_at))
        for _same, group in groupby(lines, key=lambda line: (line.kind, line.day)):
            first, *others = group
            for line in others:
                _set(first, _here(first).plus(_here(line)), _there(first).plus(_there(line)))
                self._gone += [line.pk] if line.pk else []
            first.is_settled = True
            self._keep(first)

    def _in_span(self, side: Side) -> Side:
        return {k: moved for k, moved in side.items() if self._first <= k.second <= self._last}

    # --- Sums and rows -------------------------------------------------------------------------

    def fields(self) -> dict[str, Any]:
        """The fields of the run that hold the sums."""
        return {"money": self._money} if self.is_counted else {}

    def write(self) -> None:
        """The lines that have changed since the last time. In the transaction of `fields`."""
        columns = ("payment", "here", "there", "here_count", "there_count", "is_settled")
        rows, known = ReconciliationLine.objects, [line for line in self._changed if line.pk]
        rows.filter(pk__in=self._gone).delete()
        rows.bulk_create([line for line in self._changed if not line.pk])
        rows.bulk_update(known, columns, batch_size=500)
        self._changed, self._gone = [], []

    def _add_up(self, key: Key, name: str, side: int, moved: Moved) -> None:
        numbers = self._numbers(day_of_unix(key.second), name)
        numbers[side] += moved.number
        numbers[side + 1] += moved.won

    def _numbers(self, day: date, name: str) -> list[int]:
        """Those of the run's `money`; remembered, because a million movements add to them."""
        numbers = self._known_numbers.get((day, name))
        if numbers is None:
            of_day = self._money.setdefault(day.isoformat(), {})
            numbers = of_day.setdefault(str(name), [0, 0, 0, 0])
            self._known_numbers[day, name] = numbers
        return numbers

    def _line(self, key: Key, payment_id: int | None, merchant_uid: str = "") -> ReconciliationLine:
        happened_at = from_unix(key.second)
        assert happened_at is not None
        return ReconciliationLine(
            run=self._run,
            payment_id=payment_id,
            imp_uid=key.imp_uid,
            merchant_uid=merchant_uid or clean(self._orders.get(key.imp_uid, ""), 40),
            kind=key.kind,
            happened_at=happened_at,
            day=day_of_unix(key.second),
        )

    def _lines(self) -> QuerySet[ReconciliationLine]:
        return ReconciliationLine.objects.filter(run=self._run)


def _find_payments(lines: Lines) -> None:
    """Name the payment of those that came from the gateway's side: by its attempt, or its order."""
    alone = [line for line in lines if line.payment_id is None]
    attempts = {line.imp_uid for line in alone}
    orders = {line.merchant_uid for line in alone if line.merchant_uid}
    known = Payment.objects.filter(Q(imp_uid__in=attempts) | Q(merchant_uid__in=orders))
    by_id: dict[str | None, int] = {}
    for pk, *ids in known.values_list("pk", "imp_uid", "merchant_uid") if alone else ():
        by_id |= dict.fromkeys(ids, pk)
    for line in alone:
        line.payment_id = by_id.get(line.imp_uid) or by_id.get(line.merchant_uid)


def _key(line: ReconciliationLine) -> Key:
    return Key(line.imp_uid, line.kind, int(line.happened_at.timestamp()))


def _here(line: ReconciliationLine) -> Moved:
    return Moved(line.here_count, line.here)


def _there(line: ReconciliationLine) -> Moved:
    return Moved(line.there_count, line.there)


def _set(line: ReconciliationLine, here: Moved, there: Moved) -> None:
    line.here_count, line.here = here
    line.there_count, line.there = there
