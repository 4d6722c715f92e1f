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

from payments import conf
from payments.core.db.clock import database_now, is_recent
from payments.locks import waiting_items
from payments.models import OPEN_RUN, ItemOutcome, RunStatus, VerificationItem, VerificationRun
from payments.selectors.verification_runs.changes import changes_of
from payments.selectors.verification_runs.progress import counts_of
from payments.services.runs import no_answer
from payments.services.verification.question import NoAnswer, Reply

from . import batch, claims
from .claims import Claim

# A heartbeat in the run's row; each step would be more than anybody reads.
HEARTBEAT_EVERY = timedelta(seconds=1)
# How often in a lease a worker wakes to hold on to what it is at.
WAKES = 4

# Replies by payment id.
Replies = dict[int, Reply]
Calls = dict[Future[Replies], Claim]


def work(*, run_id: int, seconds: float) -> float | None:
    """Go on with a run for about so many seconds.

    Returns after how many seconds it is worth going on (0: at once), None if there is nothing left
    to do: it is done, paused or stopped.
    """
    deadline, width = time.monotonic() + seconds, conf.runs().parallel_calls
    wake, held = conf.runs().lease / WAKES, time.monotonic()
    calls: Calls = {}
    with ThreadPoolExecutor(width, thread_name_prefix="gateway") as pool:

        def start_calls() -> None:
            # Taken by halves: a statement for four hundred payments costs little more than for one.
            if len(calls) <= width // 2 and time.monotonic() < deadline:
                claim = _next(run_id, calls=width - len(calls))
                for step in claim.steps if claim else ():
                    calls[pool.submit(batch.ask, questions=step.questions)] = step

        start_calls()
        while calls:
            answered, _under_way = wait(calls, timeout=wake, return_when=FIRST_COMPLETED)
            if time.monotonic() - held >= wake:
                # What is answered as well: it is still to be written.
                _hold(run_id, list(calls.values()))
                held = time.monotonic()
            answers = _answers({call: calls.pop(call) for call in answered})
            # Before these are written: the gateway answers while we write.
            start_calls()
            for claim, replies in answers:
                batch.settle(claim=claim, replies=replies)
    return _rest(run_id)


def _hold(run_id: int, held: Sequence[Claim]) -> None:
    """Keep what is under way for another lease: a step of open orders takes a call for each."""
    now = database_now()
    claims.renew(held=held, now=now)
    VerificationRun.objects.filter(pk=run_id, status__in=OPEN_RUN).update(seen_at=now)


def _next(run_id: int, calls: int) -> Claim | None:
    """What to ask about next, with a heartbeat; None while the run may not go on."""
    now = database_now()
    run = VerificationRun.objects.select_related("requested_by").get(pk=run_id)
    if not run.is_open or run.seconds_to_wait(now):
        return None
    seen_at = run.seen_at
    is_due = seen_at is None or not is_recent(seen_at, now=now, within=HEARTBEAT_EVERY)
    if is_due or run.status != RunStatus.RUNNING:
        _heartbeat(run, now)
    return claims.take(run=run, calls=calls)


def _heartbeat(run: VerificationRun, now: datetime) -> None:
    # Only an open run: somebody may have paused it since it was read.
    mine = VerificationRun.objects.filter(pk=run.pk, status__in=OPEN_RUN)
    started = {} if run.started_at else {"started_at": now}
    mine.update(status=RunStatus.RUNNING, seen_at=now, **started)


def _answers(calls: Calls) -> list[tuple[Claim, Replies]]:
    """What came back, to be written; steps of one claim that came together are put together."""
    by_claim: defaultdict[str, list[Claim]] = defaultdict(list)
    replies: Replies = {}
    for call, step in calls.items():
        try:
            replies |= call.result()
        except Exception as error:  # noqa: BLE001 - it is recorded with the run, the others go on
            batch.fail(claim=step, items=step.items, error=error)
            continue
        by_claim[step.token].append(step)
    answers = []
    for steps in by_claim.values():
        claim = claims.together(steps=steps)
        ids = (item.payment_id for item in claim.items)
        mine = {pk: replies[pk] for pk in ids if pk in replies}
        _back_off(claim.run, mine)
        answers.append((claim, mine))
    return answers


def _back_off(run: VerificationRun, replies: Replies) -> None:
    """While nothing is answered, the whole run waits, longer each time; one answer ends that."""
    row = VerificationRun.objects.filter(pk=run.pk)
    whys = [reply.why for reply in replies.values() if isinstance(reply, NoAnswer)]
    if len(whys) < len(replies):
        if run.silences:
            row.update(silences=0, not_before=None)
        return
    # Compare and set: calls that were under way together failed together; that counts once.
    row.filter(silences=run.silences).update(**no_answer(run=run, why="".join(whys[:1])))


def _rest(run_id: int) -> float | None:
    run, now = VerificationRun.objects.get(pk=run_id), database_now()
    if not run.is_open:
        return None
    waiting = VerificationItem.objects.filter(run_id=run_id, outcome=ItemOutcome.WAITING)
    if not waiting.exists():
        _finish(run, now)
        return None
    if pause := run.seconds_to_wait(now):
        return pause
    if waiting_items(run_id, now=now).exists():
        return 0.0
    # All that is left is in somebody's hands, or waits for its next attempt.
    next_times = waiting.aggregate(lease=Min("claimed_until"), pause=Min("not_before"))
    times = [when for when in next_times.values() if when is not None and when > now]
    return (min(times, default=now + timedelta(seconds=1)) - now).total_seconds()


def _finish(run: VerificationRun, now: datetime) -> None:
    """Nothing of it changes any more, so what it came to is kept with it."""
    VerificationRun.objects.filter(pk=run.pk, status__in=OPEN_RUN).update(
        status=RunStatus.DONE,
        finished_at=now,
        not_before=None,
        final_counts=counts_of([run])[run.pk].by_outcome,
        final_changes=[change.kept for change in changes_of([run])[run.pk]],
    )
