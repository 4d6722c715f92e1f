"""Where verification runs stand: counts by outcome, how fast, how long, what holds them up.

Everything is read from the runs' own rows, so it is true whoever works on them. The page of a run
asks every two seconds: one query for the run and one GROUP BY, however many payments it has. To
tell another way of being held up, add a `Standing` and its condition in `standing`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from payments import conf
from payments.iamport import IDS_PER_CALL
from payments.models import NOT_ENDED, ItemOutcome, RunStatus, VerificationItem, VerificationRun
from payments.selectors.payments.totals import Totals

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


class Standing(Enum):
    """What a run is doing now, or waits for."""

    FOR_WORKER = "for_worker"
    WORKING = "working"
    FOR_GATEWAY = "for_gateway"
    FOR_NEXT_ATTEMPT = "for_next_attempt"
    UNTOUCHED = "untouched"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many payments of a run came out how. `by_outcome` holds every outcome."""

    by_outcome: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Still to do."""
        return self.by_outcome.get(ItemOutcome.WAITING, 0)

    @property
    def settled(self) -> int:
        """Done, however they came out."""
        return sum(self.by_outcome.values()) - self.waiting

    @property
    def differences(self) -> int:
        """What does not agree, or is not there."""
        return self.by_outcome.get(ItemOutcome.DIFFERS, 0) + self.by_outcome.get(
            ItemOutcome.NOT_FOUND, 0
        )

    @property
    def unsure(self) -> int:
        """What nothing is known about: no answer, or a failure of ours."""
        return self.by_outcome.get(ItemOutcome.UNKNOWN, 0) + self.by_outcome.get(
            ItemOutcome.PARKED, 0
        )


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
    def is_landing(self) -> bool:
        """Whether it was stopped, and answers are still to come of calls that were under way."""
        return self.has_ended and self.claimed > 0

    @property
    def left_over(self) -> int:
        """How many payments nothing is known about, or were not asked about."""
        return sum(self.counts.by_outcome.get(one, 0) for one in LEFT_OVER)

    @property
    def standing(self) -> Standing:
        """What it is doing now, or waits for."""
        return standing(self)


def progress(run: VerificationRun, *, now: datetime) -> Progress:
    """Where a run stands, in one query."""
    since = max(now - RATE_OVER, run.started_at or now)
    rows = (
        _items(run.pk)
        .values("outcome")
        .annotate(
            number=Count("pk"),
            recent=Count("pk", filter=Q(settled_at__gte=since)),
            postponed=Count("pk", filter=Q(not_before__gt=now)),
            next=Min("not_before"),
            claimed=Count("pk", filter=Q(claimed_until__gt=now)),
        )
    )
    found: dict[str, dict[str, Any]] = {row["outcome"]: dict(row) for row in rows}
    waiting = found.get(ItemOutcome.WAITING, {"postponed": 0, "next": None, "claimed": 0})
    counts = Counts({one.value: found.get(one, {"number": 0})["number"] for one in ItemOutcome})
    recent = sum(row["recent"] for row in found.values())
    return Progress(
        run=run,
        at=now,
        counts=counts,
        rate=_rate(run, counts, recent, since, now),
        postponed=waiting["postponed"],
        next_attempt=waiting["next"],
        claimed=waiting["claimed"],
    )


def _items(run_id: int) -> QuerySet[VerificationItem]:
    return VerificationItem.objects.filter(run_id=run_id).order_by()


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


_OF_STATUS = {
    RunStatus.WAITING: Standing.FOR_WORKER,
    RunStatus.PAUSED: Standing.PAUSED,
    RunStatus.STOPPED: Standing.STOPPED,
    RunStatus.DONE: Standing.DONE,
}


def standing(found: Progress) -> Standing:
    """What a run is doing now, or waits for."""
    run, now = found.run, found.at
    if run.status != RunStatus.RUNNING:
        return _OF_STATUS[RunStatus(run.status)]
    if run.not_before is not None and run.not_before > now:
        return Standing.FOR_GATEWAY
    if found.postponed and found.postponed == found.counts.waiting:
        return Standing.FOR_NEXT_ATTEMPT
    if (now - (run.seen_at or run.requested_at)).total_seconds() > conf.runs().lease:
        return Standing.UNTOUCHED
    return Standing.WORKING


def counts_of(run_ids: Iterable[int]) -> dict[int, Counts]:
    """The counts of several runs, in one query."""
    ids = list(run_ids)
    rows = VerificationItem.objects.filter(run_id__in=ids).order_by().values("run_id", "outcome")
    found: dict[int, dict[str, int]] = {pk: {} for pk in ids}
    for row in rows.annotate(number=Count("pk")):
        found[row["run_id"]][row["outcome"]] = row["number"]
    return {pk: Counts(by_outcome) for pk, by_outcome in found.items()}


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
