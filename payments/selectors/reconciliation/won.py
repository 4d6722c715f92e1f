"""What runs say in won: of each Korean day both sides and what differs, and the lines of that.

Sums are on the run, by day; a run over a month so has the table of each of its days. What differs
are the run's lines. A line leads to the case of its attempt, if there is one: what people have
closed counts as accepted, what the facts closed does not (`_accepted_cases`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from payments.core.kst import day_of
from payments.core.periods import Days, every_day
from payments.models import (
    ClosingReason,
    Discrepancy,
    ReconciliationLine,
    ReconciliationRun,
    RunStatus,
)
from payments.states import MovementKind

KINDS = (MovementKind.APPROVAL, MovementKind.REFUND)
# Nobody has accepted what was closed so.
_BY_THE_FACTS = (ClosingReason.AGREES, ClosingReason.TAKEN_IN)
_ONE_DAY = timedelta(days=1)
_NO_NUMBERS = (0, 0, 0, 0)


class Figure(NamedTuple):
    """So many, and their won; what went back is below zero."""

    number: int = 0
    won: int = 0

    def plus(self, other: "Figure") -> "Figure":
        """Both together."""
        return Figure(self.number + other.number, self.won + other.won)


NOTHING = Figure()


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides of a set of movements. Of differences the number is that of the lines.

    `accepted` is how much of the difference people have closed the case of.
    """

    here: Figure = NOTHING
    there: Figure = NOTHING
    difference: Figure = NOTHING
    accepted: Figure = NOTHING

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(
            self.here.plus(other.here),
            self.there.plus(other.there),
            self.difference.plus(other.difference),
            self.accepted.plus(other.accepted),
        )


@dataclass(frozen=True, slots=True)
class WonTable:
    """What moved in some Korean days, here and at the gateway, as these runs have seen it.

    `others` is what of here is of attempts that are not their order's own. `missing` are days that
    no run has compared since they were over.
    """

    days: Days
    runs: tuple[ReconciliationRun, ...]
    approvals: Compared
    refunds: Compared
    others: Figure
    missing: tuple[date, ...] = ()

    @property
    def net(self) -> Compared:
        """What is left of approvals after refunds."""
        return self.approvals + self.refunds

    @property
    def is_through(self) -> bool:
        """Whether what differs is known: until a run is, the other side may still come."""
        return all(run.status == RunStatus.DONE for run in self.runs)


def won_of_run(run: ReconciliationRun) -> WonTable | None:
    """All days of a run, as far as it has gone; None if it is from before won were counted."""
    if run.money is None:
        return None
    days = run.first_day, run.last_day
    return _table(days, dict.fromkeys(every_day(*days), run))


def won_of_days(first: date, last: date) -> WonTable | None:
    """Of each day what the newest run says that was asked for after its end, and has ended.

    None if there is no such run over any of these days.
    """
    runs = ReconciliationRun.objects.filter(first_day__lte=last, last_day__gte=first)
    counted = runs.filter(status=RunStatus.DONE, money__isnull=False)
    newest: dict[date, ReconciliationRun] = {}
    for run in counted.order_by("pk"):
        until = min(last, run.last_day, day_of(run.requested_at) - _ONE_DAY)
        newest |= dict.fromkeys(every_day(max(first, run.first_day), until), run)
    return _table((first, last), newest) if newest else None


def _table(days: Days, run_of: Mapping[date, ReconciliationRun]) -> WonTable:
    runs = {run.pk: run for run in run_of.values()}
    rows = {kind: Compared() for kind in KINDS}
    others = NOTHING
    for day, run in run_of.items():
        numbers = (run.money or {}).get(day.isoformat(), {})
        for kind in KINDS:
            here, won_here, there, won_there = numbers.get(kind, _NO_NUMBERS)
            rows[kind] += Compared(Figure(here, won_here), Figure(there, won_there))
        others = others.plus(Figure(*numbers.get("others", _NO_NUMBERS)[:2]))
    for kind, day, run_id, compared in _differences(days, runs):
        if run_of[day].pk == run_id:
            rows[kind] += compared
    missing = tuple(day for day in every_day(*days) if day not in run_of)
    approvals, refunds = rows.values()
    return WonTable(days, tuple(runs.values()), approvals, refunds, others, missing)


def _differences(
    days: Days, run_ids: Iterable[int]
) -> Iterable[tuple[MovementKind, date, int, Compared]]:
    """(kind, day, run, what differs) of these runs' lines, in one query."""
    lines: Any = lines_of(run_ids).filter(day__range=days).order_by()
    groups = lines.values("kind", "day", "run_id", "is_accepted")
    sums = groups.annotate(number=Count("pk"), won=Sum(F("here") - F("there")))
    for row in sums:
        figure = Figure(row["number"], row["won"])
        accepted = figure if row["is_accepted"] else NOTHING
        compared = Compared(difference=figure, accepted=accepted)
        yield MovementKind(row["kind"]), row["day"], row["run_id"], compared


def lines_of(run_ids: Iterable[int]) -> QuerySet[ReconciliationLine, Any]:
    """What differs, by day; each says whether people have accepted it (`is_accepted`)."""
    accepted = _accepted_cases().filter(imp_uid=OuterRef("imp_uid"))
    lines = ReconciliationLine.objects.filter(run__in=list(run_ids), is_settled=True)
    lines = lines.annotate(is_accepted=Exists(accepted))
    return lines.select_related("payment").order_by("day", "pk")


def cases_of(lines: Iterable[ReconciliationLine]) -> dict[str, Discrepancy]:
    """The discrepancy of each of these lines that has one, by attempt."""
    imp_uids = {line.imp_uid for line in lines}
    return {case.imp_uid: case for case in Discrepancy.objects.filter(imp_uid__in=imp_uids)}


def _accepted_cases() -> QuerySet[Discrepancy]:
    """Those that people have closed over what differs."""
    return Discrepancy.objects.filter(is_open=False).exclude(closing_reason__in=_BY_THE_FACTS)
