"""`manage.py chaos`: kill -9 workers at random during a verification run, then count and audit.

On a database made for the purpose (PostgreSQL in `make chaos`) against a stand-in gateway of its
own. Exits 1 unless every payment was verified, none twice, and the ledger's audit is clean.
"""

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from benchmarks.chaos import torment
from benchmarks.datasets import paid_payments
from benchmarks.harness import StandIn, environment, trial
from payments.models import Payment, Product
from payments.services import runs
from payments.tasks import queue_verification


class Command(BaseCommand):
    """Seed, torment, report."""

    help = "Kill workers at random during a run; nothing may be lost or done twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of everything."""
        parser.add_argument("--payments", type=int, default=20_000)
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--kills", type=int, default=10)
        parser.add_argument("--every", type=float, default=1.0, help="seconds between kills")
        parser.add_argument("--latency", type=float, default=0.05, help="of the gateway, seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything runs on throw-away data."""
        with trial() as stand_in:
            self._seed(stand_in, options["payments"])
            stand_in.slow_down(options["latency"])
            run = runs.start(
                payments=Payment.objects.all(), query="", actor=None, enqueue=queue_verification
            )
            aftermath = torment(
                run=run,
                workers=options["workers"],
                kills=options["kills"],
                every=options["every"],
                environment=environment(stand_in.url),
            )
        self.stdout.write(
            f"{options['payments']:,} payments, {options['workers']} workers, "
            f"{aftermath.kills} killed, {aftermath.seconds:.1f} s"
        )
        for problem in aftermath.problems[:20]:
            self.stdout.write(self.style.ERROR(problem))
        if aftermath.problems or aftermath.kills < options["kills"]:
            self.stdout.write(self.style.ERROR("This does not hold."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("Each verified once; the ledger's audit is clean."))

    def _seed(self, stand_in: StandIn, count: int) -> None:
        buyer = get_user_model().objects.create_user("buyer", "buyer@example.com")
        product = Product.objects.create(slug="trial", name="trial", price=1_000)
        for payments in paid_payments.write(user=buyer, product=product, count=count):
            paid_payments.tell(stand_in.control, payments)
