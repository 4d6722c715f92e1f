"""A Korean day as text: one line for each movement, by time.

The words of a line are the fields of `Line`. No id of ours is among them, so the same movements
always give the same text, and two texts can be set beside each other. What the lines add up to is
in `figures`. To keep one more fact of a movement, add it to the end of `Line` and to `_COLUMNS`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, unquote

from django.db.models import QuerySet

from payments.core.kst import day_of
from payments.models import Movement
from payments.states import MovementKind

from .figures import Figures, Row, Sums, figures_of, sums_of

CHUNK = 2_000
# In the place of an empty value: a line always has as many words.
_NOTHING = "-"
_OWN, _OTHER, _TEST, _LIVE, _DERIVED, _TOLD = "own", "other", "test", "live", "derived", "told"
_COLUMNS = (
    *("happened_at", "payment__merchant_uid", "key", "kind", "amount", "imp_uid", "approved_on"),
    *("pay_method", "pg_provider", "pg_id", "pg_tid", "is_own", "is_test", "is_derived"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement, as it was booked. Signed won.

    `approved_on`: of money that went back, the day on which it had come in.
    """

    happened_at: datetime
    merchant_uid: str
    key: str
    kind: str
    amount: int
    imp_uid: str
    approved_on: date | None
    pay_method: str
    pg_provider: str
    pg_id: str
    pg_tid: str
    is_own: bool
    is_test: bool
    is_derived: bool

    @classmethod
    def read(cls, text: str) -> "Line":
        """A line back from its text. Raises ValueError for what is none."""
        at, number, key, kind, won, imp_uid, on, method, provider, mid, tid, *flags = (
            _unworded(word) for word in text.split()
        )
        own, test, derived = flags
        return cls(
            happened_at=datetime.fromisoformat(at),
            merchant_uid=number,
            key=key,
            kind=kind,
            amount=int(won),
            imp_uid=imp_uid,
            approved_on=date.fromisoformat(on) if on else None,
            pay_method=method,
            pg_provider=provider,
            pg_id=mid,
            pg_tid=tid,
            is_own=own == _OWN,
            is_test=test == _TEST,
            is_derived=derived == _DERIVED,
        )

    @property
    def row(self) -> Row:
        """For adding up."""
        way = self.pay_method, self.pg_provider, self.pg_id
        went_back = self.kind != MovementKind.APPROVAL
        is_of_earlier_day = went_back and self.approved_on != self.day
        whose = self.is_own, self.is_test, is_of_earlier_day
        return Row(self.day, self.kind, *way, *whose, 1, self.amount)

    @property
    def day(self) -> date:
        """The Korean day of which it is."""
        return day_of(self.happened_at)

    @property
    def kind_label(self) -> str:
        """The kind as a person reads it."""
        return str(MovementKind(self.kind).label)

    @property
    def sums(self) -> Sums:
        """What this movement comes to, whether it is in the sums of its day or not."""
        return sums_of(self.row)


def _worded(value: object) -> str:
    # The gateway's strings are an open set: a blank in one must not make a word more.
    return quote(str(value), safe=":+") or _NOTHING


def _unworded(word: str) -> str:
    return "" if word == _NOTHING else unquote(word)


def movements_of(day: date) -> QuerySet[Movement]:
    """The movements of a Korean day."""
    return Movement.objects.filter(day=day)


def lines_of(day: date) -> str:
    """The day as it is now. Read as a stream: memory is that of the text."""
    return "\n".join(lines_among(movements_of(day)))


def lines_among(movements: QuerySet[Movement]) -> list[str]:
    """A line for each of these, sorted here: databases differ in how they order text."""
    rows = movements.order_by().values_list(*_COLUMNS)
    return sorted(map(_line, rows.iterator(chunk_size=CHUNK)))


def _line(row: tuple[Any, ...]) -> str:
    at, *facts, own, test, derived = row
    approved_on = facts[5]
    facts[5] = approved_on.isoformat() if approved_on else ""
    words = (
        at.astimezone(UTC).isoformat(),
        *facts,
        _OWN if own else _OTHER,
        _TEST if test else _LIVE,
        _DERIVED if derived else _TOLD,
    )
    return " ".join(map(_worded, words))


def read_lines(text: str) -> Iterator[Line]:
    """Each line of a day's text, in order."""
    return map(Line.read, text.splitlines())


def readable_lines(lines: Iterable[str]) -> Iterator[Line]:
    """Those that can be read: a close that somebody has been at must not stop its page."""
    for text in lines:
        with suppress(ValueError):
            yield Line.read(text)


def figures_of_lines(text: str, *, refunded_later: int = 0) -> Figures:
    """What a day's text adds up to. What came off the day's payments later is in no line of it."""
    alike: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for line in read_lines(text):
        *common, number, amount = line.row
        sums = alike[tuple(common)]
        sums[0] += number
        sums[1] += amount
    rows = (Row(*common, *sums) for common, sums in alike.items())
    return figures_of(rows, refunded_later=refunded_later)
