"""`manage.py reconcile --from 2026-04-01 --to 2026-04-30`: the gateway's book beside ours, at once.

The same run as from the screens, worked on by this process. Exit code 0: nothing that was seen is
open. 1: something differs. 2: not all could be asked (or the run was stopped), so nobody knows.
64: the days make no sense, and nothing was started. 75: the database is away; a run that had begun
is gone on with by a worker.
"""

import json
import sys
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from payments.core.money import with_separators
from payments.gateway import in_words
from payments.management.command import MEANINGLESS, OperatorCommand, day
from payments.models import Bucket, Discrepancy, ReconciliationRun, RunStatus
from payments.selectors.reconciliation import Compared, WonTable, still_open, won_of_run
from payments.services import reconciliation
from payments.services.reconciliation.control import DaysRefused

STEP = 5.0  # seconds between two lines of progress
DIFFERS, UNKNOWN, INTERRUPTED = 1, 2, 130
# What stands in a row of the table in won.
_SIDES = ("here", "there", "difference", "accepted")
# The arguments of the service, as they are called here.
_OPTIONS = {"first_day": "--from", "last_day": "--to"}


class Command(OperatorCommand):
    """Start a run, work on it until it ends, say what came of it."""

    help = "Reconcile Korean days with the gateway. Exits 1 if anything differs, 2 if unknown."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which days, and how to say it."""
        parser.add_argument("--from", dest="first_day", type=day, required=True, metavar="DAY")
        parser.add_argument("--to", dest="last_day", type=day, required=True, metavar="DAY")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """The exit code is the answer; the rest is for people."""
        try:
            run = reconciliation.start(
                first_day=options["first_day"],
                last_day=options["last_day"],
                actor=None,
                command="manage.py reconcile",
                # This process is the worker.
                enqueue=lambda _run_id: None,
            )
        except DaysRefused as refusal:
            words = f"{_OPTIONS[refusal.field]}: {refusal.message}"
            raise CommandError(words, returncode=MEANINGLESS) from None
        self._work(run)
        discrepancies = list(still_open(run))
        if options["json"]:
            self.stdout.write(
                json.dumps(_summary(run, discrepancies), ensure_ascii=False, indent=2)
            )
        else:
            self._print(run, discrepancies)
        if code := _exit_code(run, discrepancies):
            sys.exit(code)

    def _work(self, run: ReconciliationRun) -> None:
        try:
            while run.is_open:
                pause = reconciliation.work(run_id=run.pk, seconds=STEP)
                run.refresh_from_db()
                self._show(run)
                if run.is_open:
                    # None: another worker has taken it over, so look how it fares.
                    time.sleep(1.0 if pause is None else pause)
        except KeyboardInterrupt:
            reconciliation.stop(run=run)
            raise CommandError("Stopped.", returncode=INTERRUPTED) from None
        self.stderr.write("")

    def _show(self, run: ReconciliationRun) -> None:
        ending = "\r" if self.stderr.isatty() else "\n"
        # Not in the red of errors.
        self.stderr.write(_progress(run), style_func=str, ending=ending)

    def _print(self, run: ReconciliationRun, discrepancies: list[Discrepancy]) -> None:
        counts = run.counts
        for name in counts:
            if counts[name]:
                self.stdout.write(f"{name:16}{with_separators(counts[name]):>12}")
        for name, compared in _rows(won_of_run(run)).items():
            self.stdout.write(_won(name, compared))
        for row in discrepancies:
            amount = with_separators(row.amount)
            what = ",".join(row.buckets)
            self.stdout.write(f"{what:16}{amount:>12} {row.merchant_uid} {row.imp_uid}")
        for imp_uid in run.unknown:
            self.stdout.write(f"{'unknown':16}{'':12} {imp_uid}")
        self.stdout.write(f"Run {run.pk} over {run}: {run.status}, {len(discrepancies)} open.")


def _progress(run: ReconciliationRun) -> str:
    read = run.counts.get("ours", 0) + run.counts.get("theirs", 0)
    line = f"{run.progress:4.0%}  {with_separators(read)} read"
    return f"{line}  waiting: {in_words(run.last_error)}" if run.not_before else line


def _rows(table: WonTable | None) -> dict[str, Compared]:
    """The table in won, row by row; nothing of a run of which won were not counted."""
    if table is None:
        return {}
    return {"approvals": table.approvals, "refunds": table.refunds, "net": table.net}


def _figures(compared: Compared) -> dict[str, dict[str, int]]:
    return {side: getattr(compared, side)._asdict() for side in _SIDES}


def _won(name: str, compared: Compared) -> str:
    figures = (f"{side} {with_separators(getattr(compared, side).won)}" for side in _SIDES)
    return f"{f'won: {name}':16}{', '.join(figures)}"


def _exit_code(run: ReconciliationRun, discrepancies: list[Discrepancy]) -> int:
    # Not knowing comes first: what was found is then not all.
    if run.status != RunStatus.DONE or run.counts["unknown"]:
        return UNKNOWN
    return DIFFERS if discrepancies else 0


def _summary(run: ReconciliationRun, discrepancies: list[Discrepancy]) -> dict[str, Any]:
    buckets = {str(bucket) for bucket in Bucket}
    return {
        "run": run.pk,
        "first_day": run.first_day.isoformat(),
        "last_day": run.last_day.isoformat(),
        "status": run.status,
        "counts": {name: number for name, number in run.counts.items() if name not in buckets},
        "differences": {name: number for name, number in run.counts.items() if name in buckets},
        "won": {name: _figures(row) for name, row in _rows(won_of_run(run)).items()},
        "moved": run.moved,
        "unknown": run.unknown,
        "open": [_open(discrepancy) for discrepancy in discrepancies],
    }


def _open(discrepancy: Discrepancy) -> dict[str, Any]:
    return {
        "id": discrepancy.pk,
        "buckets": discrepancy.buckets,
        "imp_uid": discrepancy.imp_uid,
        "merchant_uid": discrepancy.merchant_uid,
        "amount": discrepancy.amount,
        "payment": discrepancy.payment_id,
        "found_at": discrepancy.found_at.isoformat(),
    }
