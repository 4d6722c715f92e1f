"""Workers that are killed at random while they work on a run: nothing may be lost or done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from payments.models import PaymentEvent, RunStatus, VerificationRun
from payments.services.audit import audit

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
        return subprocess.Popen(command, env=self._environment)  # noqa: S603

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


def torment(
    *,
    run: VerificationRun,
    workers: int,
    kills: int,
    every: float,
    environment: Mapping[str, str],
    patience: float = 600.0,
) -> Aftermath:
    """Kill a worker `kills` times, about `every` so many seconds, until the run is done."""
    chance, started, done = random.Random(run.pk), time.monotonic(), 0  # noqa: S311
    staff = Workers(workers, environment)
    try:
        next_kill = started + every
        while not _is_done(run) and time.monotonic() - started < patience:
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
    found = [str(problem) for problem in audit()]
    if run.status != RunStatus.DONE:
        found.append(f"the run is {run.status}")
    agreed = run.items.filter(outcome="agrees").count()
    rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}")
    verified, written = rows.values("payment").distinct().count(), rows.count()
    if not agreed == verified == written == run.total:
        found.append(f"of {run.total}: {agreed} settled, {verified} verified by {written} rows")
    return found
