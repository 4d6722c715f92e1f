"""`python -m benchmarks.chaos`: kill -9 workers at random during a verification run, then audit.

On a database made for the purpose (PostgreSQL in `make chaos`) against a stand-in gateway of its
own. Exits 1 unless every payment was verified, none twice, and the ledger's audit is clean.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.management.color import color_style

from benchmarks.datasets import paid_payments
from benchmarks.harness import StandIn, process_environment, scratch_system
from payments.models import Payment, PaymentEvent, Product, RunStatus, VerificationRun
from payments.services.ledger_audit import audit
from payments.services.verification_runs import control
from payments.tasks import queue_verification

LEASE = 2  # seconds; what a dead worker had in hand is taken up after that


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left. All is well if `problems` is empty."""

    seconds: float
    kills: int
    problems: tuple[str, ...]


class Workers:
    """So many worker processes; one that is killed is replaced at once."""

    def __init__(self, count: int, environment: Mapping[str, str]) -> None:
        self._environment = os.environ | environment | {"RUN_LEASE": str(LEASE)}
        self._processes = [self._start() for _number in range(count)]

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "manage.py", "worker", "--interval", "0.1"]
        return subprocess.Popen(command, env=self._environment)

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL: no handler runs, no transaction is finished."""
        number = chance.randrange(len(self._processes))
        self._processes[number].send_signal(signal.SIGKILL)
        self._processes[number].wait()
        self._processes[number] = self._start()

    def end(self) -> None:
        """Let all of them go."""
        for process in self._processes:
            process.kill()
            process.wait()


def main(words: Sequence[str] | None = None) -> int:
    """Everything runs on throw-away data."""
    arguments = _arguments(words)
    with scratch_system() as stand_in:
        _seed(stand_in, arguments.payments)
        stand_in.slow_down(arguments.latency)
        run = control.start(
            payments=Payment.objects.all(), query="", actor=None, enqueue=queue_verification
        )
        aftermath = kill_workers(
            run=run,
            workers=arguments.workers,
            kills=arguments.kills,
            every=arguments.every,
            environment=process_environment(stand_in.url),
        )
    print(
        f"{arguments.payments:,} payments, {arguments.workers} workers, "
        f"{aftermath.kills} killed, {aftermath.seconds:.1f} s"
    )
    return _verdict(aftermath, arguments.kills)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description="Kill workers at random during a run; nothing may be lost or done twice.",
    )
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between kills")
    parser.add_argument("--latency", type=float, default=0.05, help="of the gateway, seconds")
    return parser.parse_args(words)


def _verdict(aftermath: Aftermath, kills: int) -> int:
    """Print it; the exit code."""
    style = color_style()
    for problem in aftermath.problems[:20]:
        print(style.ERROR(problem))
    if aftermath.problems or aftermath.kills < kills:
        print(style.ERROR("This does not hold."))
        return 1
    print(style.SUCCESS("Each verified once; the ledger's audit is clean."))
    return 0


def _seed(stand_in: StandIn, count: int) -> None:
    buyer = get_user_model().objects.create_user("buyer", "buyer@example.com")
    product = Product.objects.create(slug="chaos", name="chaos", price=1_000)
    for payments in paid_payments.write(user=buyer, product=product, count=count):
        paid_payments.post_to_gateway(stand_in.control, payments)


def kill_workers(
    *,
    run: VerificationRun,
    workers: int,
    kills: int,
    every: float,
    environment: Mapping[str, str],
    timeout: float = 600.0,
) -> Aftermath:
    """Kill a worker `kills` times, about `every` so many seconds, until the run is done."""
    chance, started, done = random.Random(run.pk), time.monotonic(), 0
    staff = Workers(workers, environment)
    try:
        next_kill = started + every
        while not _is_done(run) and time.monotonic() - started < timeout:
            time.sleep(0.05)
            if done < kills and time.monotonic() > next_kill and _has_begun(run):
                staff.kill_one(chance)
                done += 1
                next_kill = time.monotonic() + every * chance.uniform(0.3, 1.7)
    finally:
        staff.end()
    return Aftermath(time.monotonic() - started, done, tuple(_problems(run)))


def _is_done(run: VerificationRun) -> bool:
    run.refresh_from_db()
    return run.status == RunStatus.DONE


def _has_begun(run: VerificationRun) -> bool:
    return run.started_at is not None


def _problems(run: VerificationRun) -> list[str]:
    problems = [str(problem) for problem in audit()]
    if run.status != RunStatus.DONE:
        problems.append(f"the run is {run.status}")
    agreed = run.items.filter(outcome="agrees").count()
    rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}")
    verified, written = rows.values("payment").distinct().count(), rows.count()
    if not agreed == verified == written == run.total:
        problems.append(f"of {run.total}: {agreed} settled, {verified} verified by {written} rows")
    return problems


if __name__ == "__main__":
    sys.exit(main())
