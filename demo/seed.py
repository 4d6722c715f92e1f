"""`manage.py seed_demo`: people, products and payments through the stand-in gateway."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo import dataset
from payments import conf
from payments.models import Payment

PATIENCE = 20.0


class Command(BaseCommand):
    """Fill an empty database; with payments in it, only say where things are."""

    help = "Fill an empty database with demo data made through the stand-in gateway."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many orders."""
        parser.add_argument("--count", type=int, default=320)

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        """Refuse anything but the demo: known passwords have no place elsewhere."""
        shop = conf.demo_shop_url()
        if shop is None:
            raise CommandError("Demo data is for DEBUG=True and the stand-in gateway only.")
        if count < len(dataset.PLANTED):
            raise CommandError(f"--count must be at least {len(dataset.PLANTED)}.")
        gateway = dataset.Gateway()
        self._wait_for(gateway)
        if not Payment.objects.exists():
            self._seed(gateway, count)
        self._say_where(shop)

    def _wait_for(self, gateway: dataset.Gateway) -> None:
        end = time.monotonic() + PATIENCE
        while not gateway.is_up():
            if time.monotonic() > end:
                raise CommandError(
                    f"No stand-in gateway at {conf.gateway().api_url}. "
                    "Start it: python -m sandbox --port 8001 --data var/sandbox.sqlite3"
                )
            time.sleep(0.1)

    def _seed(self, gateway: dataset.Gateway, count: int) -> None:
        dataset.make_people()
        dataset.make_products()
        for order in dataset.plan(count=count, now=timezone.now()):
            dataset.play(order, gateway)
            if (order.number + 1) % 40 == 0:
                self.stdout.write(f"Demo payments: {order.number + 1} of {count}")

    def _say_where(self, shop: str) -> None:
        lines = [
            "",
            f"Shop      {shop}/",
            f"Admin     {shop}/admin/",
            f"Gateway   {conf.gateway().api_url}/  (the stand-in's console)",
            "",
            *(f"{group:9} {name}@example.com" for name, group in dataset.STAFF.items()),
            f"Customer  {next(iter(dataset.CUSTOMERS))}@example.com",
            f"Password  {dataset.PASSWORD}  (all of them)",
            "",
            "Ctrl-C stops everything.",
        ]
        self.stdout.write("\n".join(lines))
