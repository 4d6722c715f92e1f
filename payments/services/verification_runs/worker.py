"""A worker's part of a verification run: several calls under way while earlier answers are written.

Threads only wait for the gateway; the caller's own thread does all the writing. Any number of
workers may be at the same run, each with steps of its own (`claims.take`). Where a run stands is
in its rows alone, so killing a worker loses nothing.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from payments import conf
from payments.locks import waiting_items
from payments.models import OPEN_RUN, ItemOutcome, RunStatus, VerificationItem, VerificationRun
from payments.services.verification.conclude import NoAnswer, Reply

from . import batch, claims
from .claims import Claim

# A sign of life in the run's row; each step would be more than anybody reads.
SIGN_EVERY = timedelta(seconds=1)
# How often in a lease a worker wakes to hold on to what it is at.
WAKES = 4

Flights = dict[Future[dict[int, Reply]], Claim]
Told = tuple[Claim, dict[int, Reply]]


def work(*, run_id: int, seconds: float) -> float | None:
    """Go on with a run for about so many seconds.

    Returns after how many seconds it is worth going on (0: at once), None if there is nothing left
    to do: it is done, paused or stopped.
    """
    deadline, width = time.monotonic() + seconds, conf.runs().parallel_calls
    wake, held = conf.runs().lease / WAKES, time.monotonic()
    flights: Flights = {}
    with ThreadPoolExecutor(width, thread_name_prefix="gateway") as pool:

        def send_off() -> None:
            # Taken by halves: a statement for four hundred payments costs little more than for one.
            if len(flights) <= width // 2 and time.monotonic() < deadline:
                claim = _next(run_id, calls=width - len(flights))
                for step in claim.steps if claim else ():
                    flights[pool.submit(batch.ask, questions=step.questions)] = step

        send_off()
        while flights:
            landed, _flying = wait(flights, timeout=wake, return_when=FIRST_COMPLETED)
            if time.monotonic() - held >= wake:
                # What has landed as well: it is still to be written.
                _hold(run_id, list(flights.values()))
                held = time.monotonic()
            told = _hear([(flight, flights.pop(flight)) for flight in landed])
            # Before these are written: the gateway answers while we write.
            send_off()
            for claim, replies in told:
                batch.settle(claim=claim, replies=replies)
    return _rest(run_id)


def _hold(run_id: int, held: Sequence[Claim]) -> None:
    """Keep what is under way for another lease: a step of open orders takes a call for each."""
    now = timezone.now()
    claims.renew(held=held, now=now)
    VerificationRun.objects.filter(pk=run_id, status__in=OPEN_RUN).update(seen_at=now)


def _next(run_id: int, calls: int) -> Claim | None:
    """What to ask about next, and a sign of life; None while the run may not go on."""
    now = timezone.now()
    run = VerificationRun.objects.select_related("requested_by").get(pk=run_id)
    if not run.is_open or (run.not_before is not None and run.not_before > now):
        return None
    if run.status != RunStatus.RUNNING or run.seen_at is None or now - run.seen_at > SIGN_EVERY:
        _give_sign(run, now)
    return claims.take(run=run, calls=calls)


def _give_sign(run: VerificationRun, now: datetime) -> None:
    # Only an open run: somebody may have paused it since it was read.
    mine = VerificationRun.objects.filter(pk=run.pk, status__in=OPEN_RUN)
    started = {} if run.started_at else {"started_at": now}
    mine.update(status=RunStatus.RUNNING, seen_at=now, **started)


def _hear(landed: Sequence[tuple[Future[dict[int, Reply]], Claim]]) -> list[Told]:
    """What came back, to be written; steps of one claim that came together are put together."""
    by_claim: defaultdict[str, list[Claim]] = defaultdict(list)
    replies: dict[int, Reply] = {}
    for flight, step in landed:
        try:
            replies |= flight.result()
        except Exception as error:  # noqa: BLE001 - it is recorded with the run, the others go on
            batch.fail(claim=step, items=step.items, error=error)
            continue
        by_claim[step.token].append(step)
    told = [_told(claims.together(steps=steps), replies) for steps in by_claim.values()]
    for claim, mine in told:
        _note_trouble(claim.run, mine)
    return told


def _told(claim: Claim, replies: dict[int, Reply]) -> Told:
    return claim, {pk: replies[pk] for item in claim.items if (pk := item.payment_id) in replies}


def _note_trouble(run: VerificationRun, replies: dict[int, Reply]) -> None:
    """While nothing is answered, the whole run waits, longer each time; one answer ends that."""
    mine = VerificationRun.objects.filter(pk=run.pk)
    whys = [reply.why for reply in replies.values() if isinstance(reply, NoAnswer)]
    if len(whys) < len(replies):
        if run.silences:
            mine.update(silences=0, not_before=None)
        return
    # Compare and set: calls that were under way together failed together; that is one silence.
    until = timezone.now() + batch.pause_after(run.silences)
    mine.filter(silences=run.silences).update(
        silences=run.silences + 1, not_before=until, last_error="".join(whys[:1])
    )


def _rest(run_id: int) -> float | None:
    run, now = VerificationRun.objects.get(pk=run_id), timezone.now()
    if not run.is_open:
        return None
    waiting = VerificationItem.objects.filter(run_id=run_id, outcome=ItemOutcome.WAITING)
    if not waiting.exists():
        _finish(run_id, now)
        return None
    if run.not_before is not None and run.not_before > now:
        return (run.not_before - now).total_seconds()
    if waiting_items(run_id, now=now).exists():
        return 0.0
    # All that is left is in somebody's hands, or waits for its next attempt.
    found = waiting.aggregate(lease=Min("claimed_until"), pause=Min("not_before"))
    times = [when for when in found.values() if when is not None and when > now]
    return (min(times, default=now + timedelta(seconds=1)) - now).total_seconds()


def _finish(run_id: int, now: datetime) -> None:
    VerificationRun.objects.filter(pk=run_id, status__in=OPEN_RUN).update(
        status=RunStatus.DONE, finished_at=now, not_before=None
    )
