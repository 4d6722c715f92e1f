"""Where verification runs stand: counts by outcome, how fast, how long, what holds them up.

Everything is read from the runs' own rows, so it is true whoever works on them. The page of a run
asks every two seconds: one query for the run and one GROUP BY, however many payments it has. What
holds it up is told by `selectors.runs` and, from its payments, by `Progress.state`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from payments.iamport import IDS_PER_CALL
from payments.models import NOT_ENDED, ItemOutcome, VerificationItem, VerificationRun
from payments.selectors.payments.totals import Totals
from payments.selectors.runs import RunState, run_state

# How fast it goes is measured over the last so many seconds.
RATE_OVER = timedelta(seconds=15)

# What a person should look at, the most urgent first; then the rest.
TROUBLED = (
    ItemOutcome.PARKED,
    ItemOutcome.UNKNOWN,
    ItemOutcome.DIFFERS,
    ItemOutcome.NOT_FOUND,
)
ORDER = (*TROUBLED, ItemOutcome.MOVED, ItemOutcome.AGREES, ItemOutcome.WAITING)
# What is worth asking about once more when a run has ended.
LEFT_OVER = (ItemOutcome.PARKED, ItemOutcome.UNKNOWN, ItemOutcome.WAITING)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many payments of a run came out how. `by_outcome` holds every outcome."""

    by_outcome: dict[str, int] = field(default_factory=dict)

    def of(self, *outcomes: ItemOutcome) -> int:
        """How many came out in one of these ways."""
        return sum(self.by_outcome.get(outcome, 0) for outcome in outcomes)

    @property
    def waiting(self) -> int:
        """Still to do."""
        return self.of(ItemOutcome.WAITING)

    @property
    def settled(self) -> int:
        """Done, however they came out."""
        return sum(self.by_outcome.values()) - self.waiting

    @property
    def differences(self) -> int:
        """What does not agree, or is not there."""
        return self.of(ItemOutcome.DIFFERS, ItemOutcome.NOT_FOUND)

    @property
    def unsure(self) -> int:
        """What nothing is known about: no answer, or a failure of ours."""
        return self.of(ItemOutcome.UNKNOWN, ItemOutcome.PARKED)


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment. `rate` in payments a second, None if nothing can be said.

    `postponed` of the waiting ones had no answer and are asked again, the first at `next_attempt`;
    `claimed` of them are being asked about, so their answers come even if it is stopped now.
    """

    run: VerificationRun
    at: datetime
    counts: Counts
    rate: float | None
    postponed: int
    next_attempt: datetime | None
    claimed: int

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at this rate; None if nothing can be said."""
        if not self.run.is_open or not self.rate:
            return None
        return self.counts.waiting / self.rate

    @property
    def part(self) -> float:
        """How much is settled, 0 to 1."""
        return self.counts.settled / self.run.total if self.run.total else 0.0

    @property
    def has_ended(self) -> bool:
        """Whether nothing new is asked any more."""
        return self.run.status not in NOT_ENDED

    @property
    def awaits_answers(self) -> bool:
        """Whether it was stopped, and answers are still to come of calls that were under way."""
        return self.has_ended and self.claimed > 0

    @property
    def left_over(self) -> int:
        """How many payments nothing is known about, or were not asked about."""
        return self.counts.of(*LEFT_OVER)

    @property
    def may_be_asked_again(self) -> bool:
        """Whether a new run over what it left over makes sense now."""
        return self.has_ended and not self.awaits_answers and self.left_over > 0

    @property
    def state(self) -> RunState:
        """What it is doing now, or waits for."""
        state = run_state(self.run, now=self.at)
        is_free = state in {RunState.WORKING, RunState.STALLED}
        if is_free and self.postponed and self.postponed == self.counts.waiting:
            return RunState.FOR_NEXT_ATTEMPT
        return state


def progress(run: VerificationRun, *, now: datetime) -> Progress:
    """Where a run stands, in one query."""
    since = max(now - RATE_OVER, run.started_at or now)
    rows = (
        VerificationItem.objects.filter(run_id=run.pk)
        .order_by()
        .values("outcome")
        .annotate(
            number=Count("pk"),
            recent=Count("pk", filter=Q(settled_at__gte=since)),
            postponed=Count("pk", filter=Q(not_before__gt=now)),
            next=Min("not_before"),
            claimed=Count("pk", filter=Q(claimed_until__gt=now)),
        )
    )
    by_outcome: dict[str, dict[str, Any]] = {row["outcome"]: dict(row) for row in rows}
    waiting = by_outcome.get(ItemOutcome.WAITING, {"postponed": 0, "next": None, "claimed": 0})
    numbers = {outcome: row["number"] for outcome, row in by_outcome.items()}
    counts = Counts({outcome.value: numbers.get(outcome, 0) for outcome in ItemOutcome})
    recent = sum(row["recent"] for row in by_outcome.values())
    return Progress(
        run=run,
        at=now,
        counts=counts,
        rate=_rate(run, counts, recent, since, now),
        postponed=waiting["postponed"],
        next_attempt=waiting["next"],
        claimed=waiting["claimed"],
    )


def _rate(
    run: VerificationRun, counts: Counts, recent: int, since: datetime, now: datetime
) -> float | None:
    """Over the last seconds while it is open, over its whole life once it has ended."""
    if run.started_at is None:
        return None
    if run.finished_at is not None:
        return _per_second(counts.settled, run.finished_at - run.started_at)
    return _per_second(recent, now - since) if run.is_open else None


def _per_second(number: int, span: timedelta) -> float | None:
    seconds = span.total_seconds()
    return number / seconds if seconds > 0 else None


def counts_of(runs: Iterable[VerificationRun]) -> dict[int, Counts]:
    """The counts of several runs: kept by those that are done, of all others in one query."""
    kept, ids = {}, []
    for run in runs:
        if run.final_counts is None:
            ids.append(run.pk)
        else:
            kept[run.pk] = Counts(run.final_counts)
    return kept | (_counted(ids) if ids else {})


def _counted(ids: list[int]) -> dict[int, Counts]:
    rows = VerificationItem.objects.filter(run_id__in=ids).order_by().values("run_id", "outcome")
    numbers: dict[int, dict[str, int]] = {pk: {} for pk in ids}
    for row in rows.annotate(number=Count("pk")):
        numbers[row["run_id"]][row["outcome"]] = row["number"]
    return {pk: Counts(by_outcome) for pk, by_outcome in numbers.items()}


def calls_needed(figures: Totals) -> int:
    """About how many gateway calls a run over these payments makes.

    See `services.verification_runs.batch`.
    """
    alone = figures.count - figures.approved
    return -(-figures.count // IDS_PER_CALL) + alone if figures.count else 0


def open_run_over(query: str) -> VerificationRun | None:
    """A run over the same filter that has not ended."""
    same = VerificationRun.objects.filter(query=query, status__in=NOT_ENDED)
    return same.order_by("-pk").first()
