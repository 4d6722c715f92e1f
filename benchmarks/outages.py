"""`python -m benchmarks.outages`: take away the database, the clocks and the gateway under traffic.

A PostgreSQL of its own is stopped for 3, 30 and 120 seconds, the clock of web server and worker and
then the database's jump by three days both ways, and the gateway hangs for a minute. Meanwhile
customers pay, webhooks come, pages are read. Prints a table for docs/chaos.md; exits 1 if anything
is lost, closed wrongly or done twice, or if a page took longer than a second to answer.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import override_settings

from benchmarks.harness import StandIn, gateway_process, process_environment
from benchmarks.machine import Clock, Machine, free_port, running
from payments import gateway
from payments.core.kst import day_of
from payments.models import ClockComparison, DailyClose, Payment, Product, ScheduledJob
from payments.services import checkout
from payments.services.ledger_audit import audit
from payments.states import PaymentStatus
from tools.postgres import Cluster

ENOUGH = 1.0  # seconds in which a page has to answer, with whatever status
RECOVERY = 120.0  # seconds in which the work has to go on
T = TypeVar("T")
PAGES = ("/", "/accounts/login/")


@dataclass(slots=True)
class Seen:
    """What readers and the gateway's webhooks saw while something was wrong."""

    name: str
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    webhooks: Counter[int] = field(default_factory=Counter)
    recovered: float | None = None
    problems: list[str] = field(default_factory=list)


class Traffic:
    """Threads that read pages, pay orders at the gateway and deliver their webhooks."""

    def __init__(self, url: str, stand_in: StandIn, orders: Sequence[tuple[str, int]]) -> None:
        self._url, self._stand_in = url, stand_in
        self._orders = iter(orders)
        self._over = threading.Event()
        self.seen = Seen("before")
        self.paid: list[str] = []
        self._threads = [
            *(threading.Thread(target=self._read, args=[page]) for page in PAGES),
            threading.Thread(target=self._pay),
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let the last request come back."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, page: str) -> None:
        while not self._over.wait(0.2):
            seen, started = self.seen, time.perf_counter()
            seen.statuses[_status(self._url + page)] += 1
            seen.slowest = max(seen.slowest, time.perf_counter() - started)

    def _pay(self) -> None:
        for merchant_uid, amount in self._orders:
            if self._over.wait(1.0):
                return
            body = {"merchant_uid": merchant_uid, "amount": amount, "webhook": False}
            attempt = self._stand_in.control("POST", "payments", body)
            self.paid.append(merchant_uid)
            told = {"imp_uid": attempt["imp_uid"], "merchant_uid": merchant_uid, "status": "paid"}
            self.seen.webhooks[_status(f"{self._url}/webhooks/iamport/", told)] += 1


def _status(url: str, body: object = None) -> int:
    """The status of the answer, 0 if there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def main(words: Sequence[str] | None = None) -> int:
    """Everything runs on throw-away data."""
    arguments = _arguments(words)
    # Told to stop, it takes everything down that it has started.
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(1))
    # The database's owner must get to its folder.
    with tempfile.TemporaryDirectory() as name, gateway_process(Path(name) / "gateway") as url:
        folder = Path(name)
        folder.chmod(0o755)
        machines_clock = Clock(folder / "machine.time", threads=True)
        databases_clock = Clock(folder / "database.time", threads=False)
        postgres = Cluster(
            folder / "postgres",
            port=free_port(),
            options="-c fsync=off",
            environment=databases_clock.environment,
        )
        postgres.make()
        postgres.start()
        try:
            _point_at(postgres)
            with override_settings(IAMPORT_API_URL=url):
                gateway._client.cache_clear()
                orders = _seed(arguments.orders)
                with running(machines_clock, _environment(url), Path(arguments.log)) as machine:
                    trial = Trial(machine, postgres, StandIn(url), orders)
                    rows = list(trial.run(arguments, machines_clock, databases_clock))
        finally:
            connection.close()
            postgres.stop(mode="immediate")
    return _verdict(rows)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outages",
        description="Take away database, clocks, gateway; nothing may be lost or closed wrongly.",
    )
    parser.add_argument("--orders", type=int, default=700)
    parser.add_argument("--stops", type=float, nargs="*", default=[3, 30, 120], metavar="SECONDS")
    parser.add_argument("--jump", type=float, default=20, help="seconds that a clock is wrong")
    parser.add_argument("--hang", type=float, default=60, help="seconds that the gateway hangs")
    parser.add_argument("--log", default=os.devnull, help="where web server and worker write")
    return parser.parse_args(words)


def _point_at(postgres: Cluster) -> None:
    """This process's own connection, and all that it starts, go to the throw-away database."""
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL, which is left alone.")
    connection.close()
    connection.settings_dict |= {
        "HOST": "127.0.0.1",
        "PORT": str(postgres.port),
        "USER": "backoffice",
        "PASSWORD": "",
        "NAME": "postgres",
    }
    call_command("migrate", verbosity=0)


def _environment(url: str) -> dict[str, str]:
    return process_environment(url) | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DEBUG": "False",
        "SECRET_KEY": "thrown-away-" + "0123456789abcdef" * 4,
        "RUN_LEASE": "10",
        "SWEEP_SHORT_WAIT": "0",
        "LOG_LEVEL": "WARNING",
    }


def _seed(count: int) -> list[tuple[str, int]]:
    """Orders for customers to pay; two of them stay open, and are two hours old."""
    buyer = get_user_model().objects.create_user("buyer", "buyer@example.com")
    product = Product.objects.create(slug="chaos", name="chaos", price=1_000)
    now = datetime.now(UTC)
    for number in range(count + 2):
        age = timedelta(hours=2) if number < 2 else timedelta()
        checkout.start(
            user=buyer,
            product=product,
            pay_method="card",
            checkout_key=f"order-{number}",
            requested_at=now - age,
        )
    return list(Payment.objects.order_by("pk").values_list("merchant_uid", "amount")[2:])


class Trial:
    """One thing after the other goes wrong, under one stream of traffic."""

    def __init__(
        self,
        machine: Machine,
        postgres: Cluster,
        stand_in: StandIn,
        orders: Sequence[tuple[str, int]],
    ) -> None:
        self._machine, self._postgres, self._stand_in = machine, postgres, stand_in
        self._traffic = Traffic(machine.url, stand_in, orders)

    def run(
        self, arguments: argparse.Namespace, machines: Clock, databases: Clock
    ) -> Iterator[Seen]:
        """What was seen, a row for each; in the end, one for what is left of it all."""
        try:
            with self._phase("nothing is wrong") as seen:
                time.sleep(10)
            yield seen
            for seconds in arguments.stops:
                with self._phase(f"PostgreSQL is stopped for {seconds:.0f} s") as seen:
                    self._postgres.stop(mode="immediate")
                    time.sleep(seconds)
                    self._postgres.start()
                yield seen
            for whose, clock in (("web server and worker", machines), ("PostgreSQL", databases)):
                for offset in ("+3d", "-3d"):
                    with self._phase(f"the clock of {whose} jumps by {offset}") as seen:
                        self._wrong(clock, offset, arguments.jump, seen)
                    yield seen
            with self._phase(f"the gateway hangs for {arguments.hang:.0f} s") as seen:
                self._stand_in.control("POST", "faults", {"kind": "hang"})
                time.sleep(arguments.hang)
                self._stand_in.control("DELETE", "faults")
            yield seen
        finally:
            self._traffic.end()
        yield self._what_is_left()

    def _wrong(self, clock: Clock, offset: str, seconds: float, seen: Seen) -> None:
        """Everything that goes by time is tried while the clock is wrong."""
        clock.set(offset)
        time.sleep(2)
        ScheduledJob.objects.update(due_at=datetime.now(UTC) - timedelta(minutes=1))
        self._machine.manage("sweep", "--seconds", "5")
        time.sleep(seconds)
        if not ClockComparison.objects.filter(pk=ClockComparison.ROW).get().is_apart:
            seen.problems.append("nobody noticed")
        clock.set("+0")
        time.sleep(2)

    @contextmanager
    def _phase(self, name: str) -> Iterator[Seen]:
        seen = self._traffic.seen = Seen(name)
        started = time.monotonic()
        yield seen
        seen.seconds = time.monotonic() - started
        seen.recovered = self._recovered()
        if seen.recovered is None:
            seen.problems.append("the work did not go on")
        seen.problems += self._closed_wrongly()
        print(_row(seen), flush=True)

    def _recovered(self) -> float | None:
        """Seconds until every job that goes by the clock was queued anew; None: not in time."""
        connection.close()
        began, before = time.monotonic(), datetime.now(UTC)
        due = ScheduledJob.objects.all()
        _patiently(lambda: due.update(due_at=before - timedelta(minutes=1)))
        while time.monotonic() - began < RECOVERY:
            if not _patiently(lambda: due.filter(due_at__lt=before).exists()):
                return time.monotonic() - began
            time.sleep(0.5)
        return None

    def _closed_wrongly(self) -> Iterator[str]:
        failed = Payment.objects.filter(status=PaymentStatus.FAILED).count()
        if failed:
            yield f"{failed} orders were given up"
        today = day_of(datetime.now(UTC))
        for close in DailyClose.objects.filter(day__gte=today):
            yield f"{close.day} was closed and is not over"
        if not self._machine.is_whole:
            yield "a process has ended"

    def _what_is_left(self) -> Seen:
        """A run asks about what no webhook told of, as sweeps would; then nothing is missing."""
        seen, started = Seen("what is left"), time.monotonic()
        self._machine.manage("verify_payments", "--filter", "status=ready")
        paid = Payment.objects.filter(merchant_uid__in=self._traffic.paid)
        missing = paid.exclude(status=PaymentStatus.PAID).count()
        if missing:
            seen.problems.append(f"{missing} of {len(self._traffic.paid)} payments are lost")
        twice = [payment for payment in paid if payment.events.filter(kind="paid").count() > 1]
        seen.problems += [f"{payment} was paid twice" for payment in twice]
        seen.problems += [*self._closed_wrongly(), *(str(problem) for problem in audit())]
        seen.seconds = time.monotonic() - started
        print(f"{len(self._traffic.paid)} payments, {missing} lost, {len(twice)} twice", flush=True)
        return seen


def _patiently(act: Callable[[], T]) -> T:
    """The database may be starting yet."""
    for _try in range(60):
        try:
            return act()
        except OperationalError:
            connection.close()
            time.sleep(0.5)
    return act()


def _row(seen: Seen) -> str:
    """A line of the table."""
    cells = [
        seen.name,
        _counts(seen.statuses),
        f"{seen.slowest:.2f} s",
        _counts(seen.webhooks),
        "-" if seen.recovered is None else f"{seen.recovered:.0f} s",
        "; ".join(seen.problems) or "nothing",
    ]
    return f"| {' | '.join(cells)} |"


def _counts(statuses: Counter[int]) -> str:
    """How many answers of each status: "200: 95, 503: 12"."""
    words = {0: "none"}
    return ", ".join(f"{words.get(key, key)}: {statuses[key]}" for key in sorted(statuses)) or "-"


def _verdict(rows: Sequence[Seen]) -> int:
    """Print the table; the exit code."""
    print("| what | pages | slowest | webhooks | went on after | lost or wrong |")
    print("| --- | --- | --- | --- | --- | --- |")
    for seen in rows:
        print(_row(seen))
    slow = [seen.name for seen in rows if seen.slowest > ENOUGH]
    for name in slow:
        print(f"Slower than {ENOUGH:.0f} s: {name}")
    return 1 if slow or any(seen.problems for seen in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
