"""`python -m benchmarks.verify`: verification runs beside the straightforward way.

With their ledger rows, on a database made for the purpose, against a stand-in gateway of its own
with 50 ms latency. The straightforward way asks for a token and one payment at a time and writes
nothing; it is measured once and stands in proportion for each size. Figures are ratios of one run;
absolute times belong to the machine.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from benchmarks.datasets import paid_payments
from benchmarks.harness import StandIn, scratch_system
from payments import conf, gateway
from payments.iamport import IDS_PER_CALL
from payments.management.gc_freeze import freeze_loaded_objects
from payments.models import Payment, PaymentEvent, Product
from payments.services.verification_runs import control, worker

LATENCY = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Times in seconds; `own` is processor time of this process."""

    count: int
    total: float
    own: float

    @property
    def floor(self) -> float:
        """What the calls alone take, as many at once as are allowed."""
        calls = -(-self.count // IDS_PER_CALL)
        return -(-calls // conf.runs().parallel_calls) * LATENCY


def main(words: Sequence[str] | None = None) -> None:
    """Measure the straightforward way once and a run for each size, all on throw-away data."""
    arguments = _arguments(words)
    straightforward = _straightforward(arguments.straightforward)
    print(f"a token and a look-up for each payment: {straightforward * 1000:.1f} s for 1,000")
    heading = ("payments", "s", "times faster", "floor s", "own ms each", "processor ms each")
    print("".join(f"{label:>19}" for label in heading))
    for count in arguments.sizes:
        with scratch_system() as stand_in:
            _print(_run(stand_in, count), straightforward)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verify",
        description="Verification runs beside a token and a look-up for each payment.",
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 100_000], help="how many payments"
    )
    parser.add_argument("--straightforward", type=int, default=1_000, help="how many of those")
    return parser.parse_args(words)


def _print(run: Figures, straightforward: float) -> None:
    values = (
        f"{run.count:,}",
        f"{run.total:.2f}",
        f"{straightforward * run.count / run.total:.0f}",
        f"{run.floor:.2f}",
        f"{(run.total - run.floor) / run.count * 1000:.3f}",
        f"{run.own / run.count * 1000:.3f}",
    )
    print("".join(f"{value:>19}" for value in values))


def _straightforward(count: int) -> float:
    """Seconds for one payment. A client that has just been made has no token, no connection."""
    with scratch_system() as stand_in:
        _seed(stand_in, count)
        ids = list(Payment.objects.values_list("imp_uid", flat=True))
        stand_in.slow_down(LATENCY)
        start = time.perf_counter()
        for imp_uid in ids:
            gateway._client.cache_clear()
            gateway.client().payment(str(imp_uid))
        return (time.perf_counter() - start) / count


def _run(stand_in: StandIn, count: int) -> Figures:
    _seed(stand_in, count)
    gateway.client().payment(str(Payment.objects.values_list("imp_uid", flat=True)[0]))
    stand_in.slow_down(LATENCY)
    # As a worker does before it works.
    freeze_loaded_objects()
    start, processor = time.perf_counter(), time.process_time()
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    while (pause := worker.work(run_id=run.pk, seconds=60)) is not None:
        time.sleep(pause)
    figures = Figures(count, time.perf_counter() - start, time.process_time() - processor)
    rows = PaymentEvent.objects.filter(idempotency_key=f"confirmed:run-{run.pk}").count()
    if rows != count:
        raise RuntimeError(f"{rows} of {count} were verified")
    return figures


def _seed(stand_in: StandIn, count: int) -> None:
    buyer = get_user_model().objects.create_user("bench", "bench@example.com")
    product = Product.objects.create(slug="bench", name="bench", price=1_000)
    for payments in paid_payments.write(user=buyer, product=product, count=count):
        paid_payments.post_to_gateway(stand_in.control, payments)


if __name__ == "__main__":
    main()
