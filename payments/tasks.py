"""Background work: each task is one call of a service, safe to run twice and at any time.

Tasks are rows that are queued in the transaction that asks for them (Django's Tasks API on
django-tasks-db). None of them holds what is left to do: that is in the database, so a task whose
worker was killed needs no repeating of its own, and `rescue` queues a new one. To do something by
the clock: a task here, its line in `SCHEDULE`.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from django_tasks import task

from . import conf
from .core.db.clock import database_now
from .services import clock, limits, reconciliation, webhooks
from .services.background import schedule, workers
from .services.background.schedule import Job
from .services.daily_close.close import close_finished_days
from .services.discrepancies import mail
from .services.open_orders.sweep import sweep
from .services.roll_ups.fold import fold
from .services.verification_runs import control, worker

# What takes long lets other tasks have their turn after this many seconds.
TURN = 20.0
# No turn is queued for later than that; runs wait for a gateway in trouble for a minute at most.
LONGEST_WAIT = timedelta(minutes=5)
# What has ended leaves the queue's own table after so many days: the schedule alone queues
# thousands of tasks a day. What failed stays longer, for staff to see.
DONE_KEPT, FAILED_KEPT = 2, 60


@task
def verify_run(run_id: int) -> None:
    """Go on with a verification run; queue the next turn if there is more to do."""
    pause = worker.work(run_id=run_id, seconds=TURN)
    if pause is not None:
        queue_verification(run_id, after=pause)


@task
def reconcile(run_id: int) -> None:
    """Go on with a reconciliation; queue the next turn if there is more to do."""
    pause = reconciliation.work(run_id=run_id, seconds=TURN)
    if pause is not None:
        queue_reconciliation(run_id, after=pause)


def queue_verification(run_id: int, *, after: float = 0.0) -> None:
    """A turn of a verification run in so many seconds, for each worker that may help with it."""
    _queue(verify_run, run_id, at_most=conf.runs().workers, after=after)


def queue_reconciliation(run_id: int, *, after: float = 0.0) -> None:
    """A turn of a reconciliation in so many seconds; one worker is at it at a time."""
    _queue(reconcile, run_id, at_most=1, after=after)


def _queue(turn: Any, run_id: int, *, at_most: int, after: float) -> None:
    # Each turn queues the next one: what is queued once too often would go on for ever, ahead of
    # everything else.
    if workers.waiting_turns(task_path=turn.module_path, run_id=run_id) < at_most:
        later = database_now() + timedelta(seconds=after) if after else None
        turn.using(run_after=later).enqueue(run_id)


@task
def rescue() -> None:
    """Fail what dead workers left, queue their runs again, and clear out what is long done."""
    now = database_now()
    workers.fail_orphaned_tasks(now=now)
    workers.bring_forward(now=now, longest=LONGEST_WAIT)
    if not clock.is_apart():
        _forget_what_is_long_done()
    for run_id in control.stalled(now=now):
        queue_verification(run_id)
    for run_id in reconciliation.stalled(now=now):
        queue_reconciliation(run_id)


def _forget_what_is_long_done() -> None:
    call_command(
        "prune_db_task_results",
        queue_name="*",
        min_age_days=DONE_KEPT,
        failed_min_age_days=FAILED_KEPT,
        verbosity=0,
    )


@task
def sweep_orders() -> dict[str, int]:
    """Ask about open orders; queue the next turn if there are more."""
    result = sweep(now=timezone.now(), seconds=TURN)
    if result.unfinished:
        sweep_orders.enqueue()
    return asdict(result)


@task
def process_webhooks_again() -> dict[str, int]:
    """Webhooks that failed, or whose process died; and replays that a dead worker left."""
    result = webhooks.retry_failed(now=timezone.now(), seconds=TURN)
    webhooks.replay_waiting(seconds=TURN)
    return asdict(result)


@task
def replay_webhooks() -> None:
    """Webhooks that somebody wants looked into again; queue the next turn if there are more."""
    if webhooks.replay_waiting(seconds=TURN):
        replay_webhooks.enqueue()


@task
def clear_out() -> dict[str, int]:
    """Remove what nobody needs any more: old webhooks by their terms, limits that have ended.

    No webhook while our clocks are wrong: what is young would look old.
    """
    now = timezone.now()
    return {
        "limits": limits.sweep(now=now),
        "webhooks": webhooks.forget(now=now, seconds=TURN) if clock.may_decide() else 0,
    }


@task
def mail_discrepancies() -> None:
    """Tell the configured addresses what does not agree since the last mail."""
    mail.send_news()


@task
def fold_roll_ups() -> None:
    """Add up what has come since the last turn; queue the next turn if there is more."""
    if fold(seconds=TURN):
        fold_roll_ups.enqueue()


@task
def close_days() -> list[str]:
    """Reconcile and close finished days, from the configured hour in Korea on.

    A day whose reconciliation is still under way, or left payments without an answer, is closed on
    a later turn, as is every day while our clocks and the gateway's do not agree.
    """
    if not clock.may_decide():
        return []
    closes = close_finished_days(
        now=timezone.now() - timedelta(hours=conf.schedule().close_hour),
        reconcile=lambda day: reconciliation.of_finished_day(day=day, enqueue=queue_reconciliation),
    )
    return [str(close) for close in closes]


@task
def compare_clocks() -> float | None:
    """By how many seconds our clocks and the gateway's differ, asked for where no other call was.

    This is how everybody learns that they agree again.
    """
    comparison = clock.check()
    return comparison.skew.total_seconds() if comparison else None


def _job(work: Any, every: timedelta | Callable[[], timedelta], *, by_time: bool = True) -> Job:
    """A task by the clock, under its own name; never queued a second time while it waits."""
    return Job(
        name=work.name,
        every=every,
        enqueue=work.enqueue,
        alone=work.module_path,
        by_time=by_time,
    )


SCHEDULE = (
    # As often as a lease runs out: what a dead worker left waits no longer than that.
    _job(rescue, lambda: timedelta(seconds=conf.runs().lease), by_time=False),
    _job(compare_clocks, timedelta(minutes=1), by_time=False),
    _job(sweep_orders, timedelta(minutes=5)),
    # What a customer paid must not wait for somebody to set a clock.
    _job(process_webhooks_again, timedelta(minutes=1), by_time=False),
    _job(clear_out, timedelta(minutes=10)),
    _job(mail_discrepancies, timedelta(minutes=5)),
    _job(close_days, timedelta(minutes=5)),
    # What it has not folded yet is read row by row: often, so that this stays little.
    _job(fold_roll_ups, timedelta(minutes=1), by_time=False),
)


def run_due_jobs() -> list[str]:
    """Queue every job that is due; their names. While our clocks are wrong, none by time."""
    right = not clock.is_apart()
    jobs = [job for job in SCHEDULE if right or not job.by_time]
    return schedule.run_due(jobs=jobs, now=database_now())
