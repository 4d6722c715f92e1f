"""What goes on behind the pages: worker, schedule, gateway, clock. Without it pages are served.

When something counts as wrong is decided in `payments`; here it gets a word and a sentence. Times
are Korean, as in every command.
"""

from datetime import datetime

from payments.core.kst import stamp
from payments.models import MOST_APART
from payments.selectors import background
from payments.selectors import clock as clock_selector
from payments.tasks import SCHEDULE

from .component import Component, degraded, fine

START_ONE = "start one: manage.py worker"


def worker(now: datetime) -> Component:
    """Whether somebody works off the queue."""
    alarm = background.alarm(now=now)
    if alarm is None:
        return fine("worker", "Works.")
    if alarm.since is None:
        return degraded("worker", "never", f"None has ever run here; {START_ONE}.")
    since = stamp(alarm.since)
    if alarm.is_busy:
        sentence = f"A task has waited since {since} although workers are there; start one more."
        return degraded("worker", "busy", sentence)
    return degraded(
        "worker", "silent", f"None has given a sign of life since {since}; {START_ONE}."
    )


def schedule(now: datetime) -> Component:
    """Whether jobs are queued when they are due."""
    late = background.late_jobs(names=[job.name for job in SCHEDULE], now=now)
    if late is None:
        sentence = "No job has ever been planned: see worker, or manage.py run_due_jobs."
        return degraded("schedule", "never", sentence)
    if late:
        names = ", ".join(f"{job.name} since {stamp(job.due_at)}" for job in late)
        return degraded("schedule", "late", f"Due, but not queued: {names}.")
    return fine("schedule", "Every job is on time.")


def gateway(now: datetime) -> Component:
    """Whether the payment gateway answers, and takes our key."""
    state = background.gateway_state()
    if state is None:
        return fine("gateway", "Nobody has asked it yet.", state="unasked")
    if state.silent_since is not None:
        return degraded(
            "gateway", "silent", f"It has not answered since {stamp(state.silent_since)}."
        )
    if state.refused_since is not None:
        sentence = (
            f"It has refused our key or this server's address since {stamp(state.refused_since)}: "
            "check IAMPORT_KEY, IAMPORT_SECRET and the allowed addresses in PortOne's console."
        )
        return degraded("gateway", "refused", sentence)
    last = f"; last noted {stamp(state.answered_at)}" if state.answered_at else ""
    return fine("gateway", f"Answers{last}.")


def clock(now: datetime) -> Component:
    """Whether our clocks and the gateway's agree."""
    last = clock_selector.comparison()
    if last is None:
        return fine("clock", "Not compared with the gateway's yet.", state="uncompared")
    facts = f"{abs(last.skew):.0f} s {'ahead of' if last.skew > 0 else 'behind'} the gateway's"
    compared = f"({last.host}, {stamp(last.compared_at)})"
    if last.is_apart:
        limit = f"{MOST_APART.total_seconds():.0f} s"
        sentence = f"{facts} {compared}, more than {limit}: set the time right (NTP)."
        return degraded("clock", "apart", sentence)
    return fine("clock", f"{facts} {compared}.")
