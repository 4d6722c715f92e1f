"""`python -m demo.seed`: people, products and payments through the stand-in gateway.

Fills an empty database; with payments in it, it only says where things are. What it fills it with
is `dataset`.
"""

import argparse
import time
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from demo import dataset
from payments import conf
from payments.models import Payment

GATEWAY_START_TIMEOUT = 20.0
_SECOND_FACTOR = (
    "Staff set up an authenticator app at their first sign-in; none is asked for with",
    "STAFF_MFA_REQUIRED=False.",
    "",
)


def main(words: Sequence[str] | None = None) -> None:
    """Refuse anything but a demo or a trial: known passwords have no place elsewhere."""
    count = _arguments(words).count
    if not conf.gateway().is_sandbox or not (settings.DEBUG or settings.ALLOW_STAND_IN):
        raise SystemExit(
            "Demo data is for the stand-in gateway only, with DEBUG=True or ALLOW_STAND_IN=True."
        )
    gateway = dataset.Gateway()
    _wait_for(gateway)
    if not Payment.objects.exists():
        _fill(gateway, count)
    _print_addresses()


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m demo.seed",
        description="Fill an empty database with demo data made through the stand-in gateway.",
    )
    parser.add_argument("--count", type=int, default=320, help="how many orders")
    arguments = parser.parse_args(words)
    if arguments.count < len(dataset.PLANTED):
        parser.error(f"--count must be at least {len(dataset.PLANTED)}.")
    return arguments


def _wait_for(gateway: dataset.Gateway) -> None:
    end = time.monotonic() + GATEWAY_START_TIMEOUT
    while not gateway.is_up():
        if time.monotonic() > end:
            raise SystemExit(
                f"No stand-in gateway at {conf.gateway().api_url}. "
                "Start it: python -m sandbox --port 8001 --data var/sandbox.sqlite3"
            )
        time.sleep(0.1)


def _fill(gateway: dataset.Gateway, count: int) -> None:
    dataset.make_people()
    dataset.make_products()
    for order in dataset.plan(count=count, now=timezone.now()):
        dataset.play(order, gateway)
        if (order.number + 1) % 40 == 0:
            print(f"Demo payments: {order.number + 1} of {count}")


def _print_addresses() -> None:
    shop = settings.SITE_URL
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
        *(_SECOND_FACTOR if settings.STAFF_MFA_REQUIRED else ()),
        "Ctrl-C stops everything.",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
