"""Workers are killed in the middle of a run: every payment is verified, none twice."""

import pytest

from accounts.models import User
from benchmarks.chaos import kill_workers
from benchmarks.datasets import paid_payments
from benchmarks.harness import process_environment
from payments.models import Payment, Product
from payments.services.verification_runs import control
from payments.tasks import queue_verification
from tests.gateway import SandboxGateway


@pytest.mark.django_db(transaction=True)
def test_killing_workers_loses_nothing_and_does_nothing_twice(
    customer: User, sandbox: SandboxGateway
) -> None:
    product = Product.objects.create(slug="premium", name="Devket", price=99_000)
    for payments in paid_payments.write(user=customer, product=product, count=1_500):
        paid_payments.post_to_gateway(sandbox.control, payments)
    sandbox.fault("latency", seconds=0.3)
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=queue_verification
    )
    aftermath = kill_workers(
        run=run,
        workers=2,
        kills=3,
        every=0.5,
        environment=process_environment(sandbox.url),
        timeout=90,
    )
    assert aftermath.problems == ()
    assert aftermath.kills == 3
