"""A Korean day as text: one line for each payment, and the figures that the lines add up to.

"imp_uid amount cancelled_amount status pay_method pg_provider", sorted, so that the same payments
always give the same text and two texts can be set beside each other. Figures are defined as in
`totals`: by payment date, gross is what was approved, refunded what went back of it, net the rest.
To break a day down by one more thing, add it to `Line`, `Figures` and `figures_of`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from django.db.models import QuerySet

from payments.core.kst import end_of, start_of
from payments.models import Payment
from payments.states import APPROVED, status_label

CHUNK = 2_000
# In the place of an empty value: a line always has six words.
_NOTHING = "-"
_COLUMNS = (
    "imp_uid",
    "merchant_uid",
    "amount",
    "cancelled_amount",
    "status",
    "pay_method",
    "pg_provider",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One payment as it stood. Amounts in won."""

    imp_uid: str
    amount: int
    cancelled_amount: int
    status: str
    pay_method: str
    pg_provider: str

    @classmethod
    def read(cls, text: str) -> "Line":
        """A line back from its text."""
        imp_uid, amount, cancelled, status, pay_method, pg_provider = map(_unworded, text.split())
        return cls(imp_uid, int(amount), int(cancelled), status, pay_method, pg_provider)

    @property
    def sums(self) -> "Sums":
        """What this payment adds to the day's figures."""
        if self.status not in APPROVED:
            return Sums(1)
        return Sums(1, self.amount, self.cancelled_amount)

    @property
    def status_label(self) -> str:
        """The kept status as staff read it."""
        sums = {"amount": self.amount, "cancelled_amount": self.cancelled_amount}
        return str(status_label(self.status, **sums))


def _worded(value: object) -> str:
    # The gateway's strings are an open set: a blank in one must not make a seventh word.
    return quote(str(value), safe="") or _NOTHING


def _unworded(word: str) -> str:
    return "" if word == _NOTHING else unquote(word)


class Row(NamedTuple):
    """Payments that have these in common; `amount` and `cancelled_amount` are their sums."""

    status: str
    pay_method: str
    pg_provider: str
    number: int
    amount: int
    cancelled_amount: int


@dataclass(frozen=True, slots=True)
class Sums:
    """How many payments, and their won."""

    count: int = 0
    gross: int = 0
    refunded: int = 0

    @property
    def net(self) -> int:
        """What is left of the money that came in, in won."""
        return self.gross - self.refunded

    @property
    def is_refunds_alone(self) -> bool:
        """Of a difference: no payment came, went or changed its amount. The ordinary case."""
        return not self.count and not self.gross

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.count + other.count, self.gross + other.gross, self.refunded + other.refunded
        )

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(
            self.count - other.count, self.gross - other.gross, self.refunded - other.refunded
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What some payments add up to, altogether and by what they have in common."""

    sums: Sums = Sums()
    by_method: dict[str, Sums] = field(default_factory=dict)
    by_provider: dict[str, Sums] = field(default_factory=dict)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.sums + other.sums,
            _merged(self.by_method, other.by_method),
            _merged(self.by_provider, other.by_provider),
        )


def _merged(left: dict[str, Sums], right: dict[str, Sums]) -> dict[str, Sums]:
    return {name: left.get(name, Sums()) + right.get(name, Sums()) for name in {**left, **right}}


def payments_of(day: date) -> QuerySet[Payment]:
    """The payments of a Korean day, by payment date: the same as the list's for that day."""
    return Payment.objects.filter(paid_at__gte=start_of(day), paid_at__lt=end_of(day))


def lines_of(day: date) -> str:
    """The day as it is now. Read as a stream: memory is that of the text."""
    rows = payments_of(day).order_by().values_list(*_COLUMNS).iterator(chunk_size=CHUNK)
    # Sorted here: databases differ in how they order text.
    return "\n".join(sorted(map(_line, rows)))


def _line(row: tuple[Any, ...]) -> str:
    imp_uid, merchant_uid, *facts = row
    return " ".join(map(_worded, (imp_uid or merchant_uid, *facts)))


def read_lines(text: str) -> Iterator[Line]:
    """Each line of a day's text, in order."""
    return map(Line.read, text.splitlines())


def figures_of(rows: Iterable[Row]) -> Figures:
    """What these add up to."""
    total = Sums()
    by_method: defaultdict[str, Sums] = defaultdict(Sums)
    by_provider: defaultdict[str, Sums] = defaultdict(Sums)
    for row in rows:
        approved = row.status in APPROVED
        sums = Sums(row.number, row.amount, row.cancelled_amount) if approved else Sums(row.number)
        total += sums
        by_method[row.pay_method] += sums
        by_provider[row.pg_provider] += sums
    return Figures(total, dict(by_method), dict(by_provider))


def figures_of_lines(text: str) -> Figures:
    """What a day's text adds up to."""
    alike: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in read_lines(text):
        sums = alike[line.status, line.pay_method, line.pg_provider]
        sums[0] += 1
        sums[1] += line.amount
        sums[2] += line.cancelled_amount
    return figures_of(Row(*names, *sums) for names, sums in alike.items())


def stored(groups: dict[str, Sums], name: str) -> list[dict[str, Any]]:
    """The groups as they are kept with a close: `name` is what they have in common."""
    return [
        {name: value, **asdict(sums), "net": sums.net} for value, sums in sorted(groups.items())
    ]


def kept(rows: list[dict[str, Any]], name: str) -> dict[str, Sums]:
    """The groups back from what `stored` made of them."""
    return {row[name]: Sums(row["count"], row["gross"], row["refunded"]) for row in rows}
