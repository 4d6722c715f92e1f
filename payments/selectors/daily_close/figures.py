"""What movements add up to: approvals, refunds of the own day's payments and of earlier days', net.

Money is of the day on which it moved. `Figures.bridge` leads from there to the day's figures by
payment date, term by term. To break a day down by one more thing, add it to `GROUPS` and to the
close (`models.daily_close`, `services.daily_close.close`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

from payments.states import MovementKind

# What the groups of a table have in common: fields of a movement.
GROUPS: dict[str, tuple[str, ...]] = {
    "by_method": ("pay_method",),
    "by_provider": ("pg_provider",),
    "by_mid": ("pg_provider", "pg_id"),
}
Name = tuple[str, ...]


class Row(NamedTuple):
    """Movements of a day that have these in common; `amount` is their sum, signed.

    `is_of_earlier_day`: money that went back, and had come in on another day.
    """

    day: date
    kind: str
    pay_method: str
    pg_provider: str
    pg_id: str
    is_own: bool
    is_test: bool
    is_of_earlier_day: bool
    number: int
    amount: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How many movements, and their won, signed."""

    count: int = 0
    amount: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class Sums:
    """Numbers and won. What takes a refund back lowers its number and its won."""

    approvals: int = 0
    approved: int = 0
    refunds_same_day: int = 0
    refunded_same_day: int = 0
    refunds_earlier: int = 0
    refunded_earlier: int = 0

    @property
    def refunds(self) -> int:
        """How many refunds, of whatever day's payments."""
        return self.refunds_same_day + self.refunds_earlier

    @property
    def refunded(self) -> int:
        """What went back, of whatever day's payments, in won."""
        return self.refunded_same_day + self.refunded_earlier

    @property
    def net(self) -> int:
        """What came in less what went back, in won."""
        return self.approved - self.refunded

    def __add__(self, other: "Sums") -> "Sums":
        # Spelled out: a month adds thousands, and `astuple` would copy each of them.
        return Sums(
            approvals=self.approvals + other.approvals,
            approved=self.approved + other.approved,
            refunds_same_day=self.refunds_same_day + other.refunds_same_day,
            refunded_same_day=self.refunded_same_day + other.refunded_same_day,
            refunds_earlier=self.refunds_earlier + other.refunds_earlier,
            refunded_earlier=self.refunded_earlier + other.refunded_earlier,
        )

    def __bool__(self) -> bool:
        return self != Sums()


class Bridge(NamedTuple):
    """From the net by transaction date to the net by payment date; the terms add up to the won."""

    net: int
    # Put back: these were taken from payments of earlier days.
    refunded_earlier: int
    # Taken off: these came off this day's payments later.
    refunded_later: int

    @property
    def by_payment_date(self) -> int:
        """What was left of the day's payments."""
        return self.net + self.refunded_earlier - self.refunded_later


@dataclass(frozen=True, slots=True)
class Figures:
    """What some movements add up to, altogether and by what they have in common.

    `sums` and the groups are of the orders' own attempts. `others` is other attempts' money, which
    is on the PG's sheet all the same; `tests` moved none. `refunded_later`: see `Bridge`.
    """

    count: int = 0
    sums: Sums = Sums()
    by_kind: dict[str, Moved] = field(default_factory=dict)
    by_method: dict[Name, Sums] = field(default_factory=dict)
    by_provider: dict[Name, Sums] = field(default_factory=dict)
    by_mid: dict[Name, Sums] = field(default_factory=dict)
    others: Sums = Sums()
    tests: Sums = Sums()
    refunded_later: int = 0

    @property
    def bridge(self) -> Bridge:
        """How the net by transaction date leads to the net by payment date."""
        return Bridge(self.sums.net, self.sums.refunded_earlier, self.refunded_later)

    @property
    def on_the_sheet(self) -> Sums:
        """With the other attempts' money, as the PG counts."""
        return self.sums + self.others

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            count=self.count + other.count,
            sums=self.sums + other.sums,
            by_kind=_merged(self.by_kind, other.by_kind, Moved()),
            by_method=_merged(self.by_method, other.by_method, Sums()),
            by_provider=_merged(self.by_provider, other.by_provider, Sums()),
            by_mid=_merged(self.by_mid, other.by_mid, Sums()),
            others=self.others + other.others,
            tests=self.tests + other.tests,
            refunded_later=self.refunded_later + other.refunded_later,
        )


def _merged(left: dict[Any, Any], right: dict[Any, Any], nothing: Any) -> dict[Any, Any]:
    return {name: left.get(name, nothing) + right.get(name, nothing) for name in {**left, **right}}


def figures_of(rows: Iterable[Row], *, refunded_later: int = 0) -> Figures:
    """What these add up to."""
    count = 0
    sums = {"own": Sums(), "others": Sums(), "tests": Sums()}
    by_kind: defaultdict[str, Moved] = defaultdict(Moved)
    groups: dict[str, defaultdict[Name, Sums]] = {name: defaultdict(Sums) for name in GROUPS}
    for row in rows:
        count += row.number
        whose = "tests" if row.is_test else "own" if row.is_own else "others"
        these = sums_of(row)
        sums[whose] += these
        if whose == "own":
            by_kind[row.kind] += Moved(row.number, row.amount)
            for name, common in GROUPS.items():
                groups[name][tuple(getattr(row, column) for column in common)] += these
    return Figures(
        count=count,
        sums=sums["own"],
        by_kind=dict(by_kind),
        **{name: dict(group) for name, group in groups.items()},
        others=sums["others"],
        tests=sums["tests"],
        refunded_later=refunded_later,
    )


def sums_of(row: Row) -> Sums:
    """What these movements come to, whosever they are."""
    if row.kind == MovementKind.APPROVAL:
        return Sums(approvals=row.number, approved=row.amount)
    number = row.number if row.kind == MovementKind.REFUND else -row.number
    if row.is_of_earlier_day:
        return Sums(refunds_earlier=number, refunded_earlier=-row.amount)
    return Sums(refunds_same_day=number, refunded_same_day=-row.amount)


# --- As they are kept with a close -----------------------------------------------------------


def stored(figures: Figures) -> dict[str, Any]:
    """The fields of a close."""
    kinds = sorted(figures.by_kind.items())
    return {
        "count": figures.count,
        **asdict(figures.sums),
        "net": figures.sums.net,
        "refunded_later": figures.refunded_later,
        "by_kind": [{"kind": kind, **asdict(moved)} for kind, moved in kinds],
        **{name: _stored(getattr(figures, name), GROUPS[name]) for name in GROUPS},
        "others": _with_net(figures.others),
        "tests": _with_net(figures.tests),
    }


def _stored(groups: Mapping[Name, Sums], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        dict(zip(columns, name, strict=True)) | _with_net(sums)
        for name, sums in sorted(groups.items())
    ]


def _with_net(sums: Sums) -> dict[str, Any]:
    return {**asdict(sums), "net": sums.net}


def kept(fields: Mapping[str, Any]) -> Figures:
    """The figures back from what `stored` made of them."""
    by_kind = {row["kind"]: Moved(row["count"], row["amount"]) for row in fields["by_kind"]}
    groups = {
        name: {tuple(row[column] for column in common): _kept(row) for row in fields[name]}
        for name, common in GROUPS.items()
    }
    return Figures(
        count=fields["count"],
        sums=_kept(fields),
        by_kind=by_kind,
        **groups,
        others=_kept(fields["others"]),
        tests=_kept(fields["tests"]),
        refunded_later=fields["refunded_later"],
    )


def _kept(row: Mapping[str, Any]) -> Sums:
    # A close that somebody has been at is shown as it stands; the audit says that it does not hold.
    return Sums(**{name: row.get(name, 0) for name in Sums.__dataclass_fields__})
