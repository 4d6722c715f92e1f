"""`python -m benchmarks.webhooks`: deliveries and pages together, with a quick and a slow gateway.

gunicorn (2 workers of 8 threads) and one background worker on the configured database, the stand-in
beside them. Deliveries come at a fixed rate whether or not the one before was answered, so a slow
answer costs those after it too. Each row of the table is one way the gateway behaves.
"""

import argparse
import http.client
import itertools
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from benchmarks import processor, serving
from benchmarks.datasets import paid_payments
from benchmarks.harness import StandIn, scratch_system
from benchmarks.serving import milliseconds
from payments.models import UNSETTLED, Payment, Product, WebhookDelivery

SENDERS = 64
STAFF_PAGE = "/admin/payments/payment/"
PAGES = 20
PROMPT = 1.0  # seconds: what is stored later than that does not keep up
SETTLED_WITHIN = 180.0  # seconds after which the rest is counted as left


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one load: seconds of each answer, by what was asked for."""

    deliveries: list[float]
    refused: int
    staff: list[float]
    shop: list[float]
    per_second: float
    settled_after: float
    left: int
    # Who used the cores while they came.
    shares: str


def main(words: Sequence[str] | None = None) -> int:
    """Everything runs on throw-away data."""
    arguments = _arguments(words)
    with scratch_system() as stand_in, ExitStack() as processes:
        bodies, cookie = _seed(stand_in, arguments.payments)
        environment = serving.environment(stand_in.url)
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"]
        subprocess.run(collect, env=environment, check=True)
        port = processes.enter_context(serving.server(environment))
        # People wait for pages, nobody for the worker: on one machine it gives way.
        worker = ["nice", "-n", "10", sys.executable, "manage.py", "worker"]
        processes.enter_context(serving.process(worker, environment))
        print(f"{arguments.rate} deliveries a second wanted, for {arguments.seconds} s each")
        # Everything is loaded, and the database done with what was put into it.
        _load(_arguments(["--seconds", "5"]), port, bodies, cookie, lambda: None)
        _print_header()
        for latency in (0.05, 12.0):
            stand_in.slow_down(latency)
            load = _load(arguments, port, bodies, cookie, lambda: _heal(stand_in))
            _print_row(f"{latency:g} s", load)
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.webhooks",
        description="Webhooks and pages while the gateway is quick, and while it is slow.",
    )
    parser.add_argument("--rate", type=int, default=500, help="deliveries a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--payments", type=int, default=5_000)
    return parser.parse_args(words)


# --- What is served --------------------------------------------------------------------------


def _seed(stand_in: StandIn, count: int) -> tuple[list[bytes], str]:
    """A webhook's body for each payment, and the session cookie of a member of staff."""
    people = get_user_model().objects
    product = Product.objects.create(slug="webhooks", name="webhooks", price=1_000)
    buyer = people.create_user("buyer", "buyer@example.com")
    for payments in paid_payments.write(user=buyer, product=product, count=count):
        paid_payments.post_to_gateway(stand_in.control, payments)
    ids = Payment.objects.values_list("imp_uid", "merchant_uid")
    bodies = [
        json.dumps({"imp_uid": imp_uid, "merchant_uid": number, "status": "paid"}).encode()
        for imp_uid, number in ids
    ]
    staff = people.create_superuser("finance", "finance@example.com", "benchmark")
    return bodies, serving.session_cookie(staff)


# --- What is asked ---------------------------------------------------------------------------


def _load(
    arguments: argparse.Namespace,
    port: int,
    bodies: Sequence[bytes],
    cookie: str,
    heal: Callable[[], None],
) -> Load:
    count = arguments.rate * arguments.seconds
    seconds: list[float] = []
    pages: dict[str, list[float]] = {STAFF_PAGE: [], serving.FRONT_PAGE: []}
    started = time.monotonic()
    due: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
    for number, body in zip(range(count), itertools.cycle(bodies), strict=False):
        due.put((started + number / arguments.rate, body))
    for _sender in range(SENDERS):
        due.put(None)
    threads = [threading.Thread(target=_send, args=(port, due, seconds)) for _ in range(SENDERS)]
    visit = (port, cookie, pages, arguments.seconds / PAGES)
    threads.append(threading.Thread(target=_visit, args=visit))
    used = processor.used()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - started
    shares = processor.shares(since=used, wall=wall, deliveries=count)
    heal()
    settled_after, left = _settled()
    return Load(
        deliveries=sorted(seconds),
        refused=count - len(seconds),
        staff=sorted(pages[STAFF_PAGE]),
        shop=sorted(pages[serving.FRONT_PAGE]),
        per_second=sum(took <= PROMPT for took in seconds) / arguments.seconds,
        settled_after=settled_after,
        left=left,
        shares=shares,
    )


def _send(
    port: int, due: "queue.SimpleQueue[tuple[float, bytes] | None]", seconds: list[float]
) -> None:
    """Deliveries when they are due; the seconds of each that was taken, from then on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    while (delivery := due.get()) is not None:
        at, body = delivery
        time.sleep(max(at - time.monotonic(), 0))
        try:
            connection.request("POST", "/webhooks/iamport/", body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            continue
        if response.status == 200:
            seconds.append(time.monotonic() - at)
    connection.close()


def _visit(port: int, cookie: str, pages: dict[str, list[float]], every: float) -> None:
    """Staff and customers look at a page now and then."""
    for _page in range(PAGES):
        for path, seconds in pages.items():
            took = serving.timed(port, path, {"Cookie": cookie})
            seconds.append(60.0 if took is None else took)
        time.sleep(every)


def _heal(stand_in: StandIn) -> None:
    stand_in.control("DELETE", "faults")


def _settled() -> tuple[float, int]:
    """Seconds until everything that was stored is looked at, and how many are not by then."""
    started = time.monotonic()
    while left := WebhookDelivery.objects.filter(outcome__in=UNSETTLED).count():
        if time.monotonic() - started > SETTLED_WITHIN:
            break
        time.sleep(0.25)
    return time.monotonic() - started, left


# --- The table -------------------------------------------------------------------------------


def _print_header() -> None:
    print(
        "gateway   stored/s   p50 ms   p95 ms  refused  all seen  left  staff p95 ms  shop max ms"
    )


def _print_row(gateway: str, load: Load) -> None:
    stored = load.deliveries
    print(
        f"{gateway:<9} {load.per_second:>8,.0f} {milliseconds(stored, 0.5):>8} "
        f"{milliseconds(stored, 0.95):>8} {load.refused:>8,} {load.settled_after:>7.1f} s "
        f"{load.left:>5,} {milliseconds(load.staff, 0.95):>13} {milliseconds(load.shop, 1.0):>12}"
    )
    print(f"          {load.shares}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
