"""A verification run is asked for and worked through; how its payments came out."""

import time
from typing import Any

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import Payment, Product, VerificationRun
from payments.services.verification_runs import control, worker


def ask_for(payments: Any, actor: User | None = None) -> VerificationRun:
    return control.start(
        payments=payments, query="status=paid", actor=actor, enqueue=lambda pk: None
    )


def finish(run: VerificationRun, *, within: float = 20) -> VerificationRun:
    """Work as a worker does, turn after turn, until there is nothing left to do."""
    end = time.monotonic() + within
    while (pause := worker.work(run_id=run.pk, seconds=5)) is not None:
        assert time.monotonic() < end, "the run does not end"
        time.sleep(min(pause, 0.2))
    run.refresh_from_db()
    return run


def outcomes(run: VerificationRun) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for outcome in run.items.values_list("outcome", flat=True):
        numbers[outcome] = numbers.get(outcome, 0) + 1
    return numbers


def here(user: User, product: Product, count: int, **fields: Any) -> list[Payment]:
    """Paid payments in our book."""
    pieces = paid_payments.write(user=user, product=product, count=count, **fields)
    return [payment for piece in pieces for payment in piece]
