"""`manage.py verify_payments`: a verification run in the foreground, over a filter of the list.

The run is an ordinary one: staff see it, and may pause it, on its screen. Ctrl-C pauses it and says
how to go on. Ends with 0 if every payment agrees (or was brought up to date), 1 if some do not
agree or were not found, 2 if about some nothing is known, 64 if the filter makes no sense, 75 if
the database is away (a worker goes on with the run later), 130 if it was interrupted.
"""

import json
import signal
import sys
import time
from types import FrameType
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.management.base import CommandParser
from django.http import QueryDict

from payments.core.db.clock import database_now
from payments.core.text import readable
from payments.errors import Conflict, NotAllowed
from payments.filters.base import SEARCH
from payments.filters.payment_query import PaymentQuery
from payments.management.command import OperatorCommand, refuse, run_number
from payments.management.progress_bar import ProgressBar
from payments.models import Payment, RunStatus, VerificationRun
from payments.selectors.verification_runs import progress as selector
from payments.selectors.verification_runs.progress import Progress
from payments.services.verification_runs import control, worker

# Turns are short, so that the bar moves and Ctrl-C is heard.
TURN = 2.0
AGREE, DIFFER, UNSURE, INTERRUPTED = 0, 1, 2, 130


class Command(OperatorCommand):
    """Start a run, or go on with a paused one, and work on it until it ends."""

    help = "Ask the gateway about every payment that a filter finds, and record its answers."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which payments, and how to print what came of it."""
        parser.add_argument(
            "--filter",
            default="",
            metavar="QUERY",
            help='as in the list\'s address: "status=paid&from=2026-04-01&to=2026-04-30"',
        )
        parser.add_argument(
            "--search", default="", metavar="WORDS", help='as in the list: "method:card kim"'
        )
        parser.add_argument("--resume", type=run_number, metavar="N", help="go on with run N")
        parser.add_argument("--json", action="store_true", help="the summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work in this thread; a signal only asks it to pause."""
        self.interrupted = False
        before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            for name in before:
                signal.signal(name, self._interrupt)
            run = self._run(options)
            progress = self._work(run)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
        self._print(progress, as_json=options["json"])
        sys.exit(self._code(progress))

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """The step under way is finished. A second Ctrl-C ends it at once, which loses nothing."""
        self.interrupted = True
        signal.signal(number, signal.SIG_DFL)

    def _run(self, options: dict[str, Any]) -> VerificationRun:
        if options["resume"] is not None:
            return self._resumed(options["resume"], options)
        try:
            payment_query = _payment_query(options["filter"], options["search"])
        except SuspiciousOperation as error:  # more parameters than any list has
            refuse(f"--filter: {error}")
        payments = payment_query.narrowed(Payment.objects.all())
        if problems := _problems(payment_query):
            refuse(problems)
        try:
            # No task is queued: this command works on it. Should it be killed, the schedule finds
            # the run stalled and a worker goes on.
            return control.start(
                payments=payments,
                query=payment_query.lasting_query,
                actor=None,
                command="manage.py verify_payments",
                enqueue=lambda pk: None,
            )
        except NotAllowed as refusal:
            refuse(f"--filter: {refusal.message}")

    def _resumed(self, number: int, options: dict[str, Any]) -> VerificationRun:
        if options["filter"] or options["search"]:
            refuse("--resume takes no filter: the run has its own.")
        run = VerificationRun.objects.filter(pk=number).first()
        if run is None:
            refuse(f"--resume: there is no run {number}.")
        try:
            if not run.is_open:
                control.resume(run=run, enqueue=lambda pk: None)
        except Conflict:
            refuse(f"--resume: run {number} has ended.")
        return run

    def _work(self, run: VerificationRun) -> Progress:
        bar = ProgressBar(self.stderr)
        pause: float | None = 0.0
        while pause is not None and not self.interrupted:
            pause = worker.work(run_id=run.pk, seconds=TURN)
            progress = _progress(run)
            bar.show(progress)
            if pause and not self.interrupted:
                time.sleep(min(pause, TURN))
        if self.interrupted:
            self._pause(run)
        bar.end()
        return _progress(run)

    def _pause(self, run: VerificationRun) -> None:
        try:
            control.pause(run=run)
        except Conflict:  # it ended with its last step, or staff were first
            return

    def _print(self, progress: Progress, *, as_json: bool) -> None:
        run = progress.run
        if as_json:
            self.stdout.write(json.dumps(_summary(progress)))
        else:
            outcomes = progress.counts.by_outcome.items()
            counts = ", ".join(f"{name} {number:,}" for name, number in outcomes if number)
            self.stdout.write(f"Run {run.pk} {run.status}: {counts}")
        if run.status == RunStatus.PAUSED:
            self.stderr.write(f"Paused. To go on: manage.py verify_payments --resume {run.pk}")

    def _code(self, progress: Progress) -> int:
        if not progress.has_ended:
            return INTERRUPTED
        if progress.left_over:
            return UNSURE
        return DIFFER if progress.counts.differences else AGREE


def _payment_query(query: str, search: str) -> PaymentQuery:
    """Raises SuspiciousOperation for more parameters than a request may have."""
    # A shell hands on what is no text at all as half surrogates.
    given = QueryDict(readable(query).lstrip("?"), mutable=True)
    if search:
        given[SEARCH] = readable(search)
    # Whoever has a shell here may see everything anyway.
    return PaymentQuery.of(given.urlencode(), unmasked=True)


def _problems(query: PaymentQuery) -> str:
    """What is wrong with filter and search, each named by its option; "" if nothing is."""
    known = ", ".join(sorted(query.filterset.names()))
    unknown = [f"there is no filter “{name}”; there are: {known}." for name in query.other_params]
    wrong = [f"{label}: {problem}" for label, problem in query.filterset.problems]
    return " ".join(
        [
            *(f"--filter: {problem}" for problem in [*unknown, *wrong]),
            *(f"--search: {problem}" for problem in query.search_problems),
        ]
    )


def _progress(run: VerificationRun) -> Progress:
    run.refresh_from_db()
    return selector.progress(run, now=database_now())


def _summary(progress: Progress) -> dict[str, Any]:
    run, started = progress.run, progress.run.started_at
    taken = (run.finished_at or progress.at) - started if started else None
    return {
        "run": run.pk,
        "status": run.status,
        "filter": run.query,
        "payments": run.total,
        "outcomes": progress.counts.by_outcome,
        "seconds": round(taken.total_seconds(), 3) if taken else None,
        "per_second": round(progress.rate, 1) if progress.rate else None,
    }
