"""`manage.py sweep`: one sweep of the open orders, here and now.

The schedule does the same every few minutes; both at once are harmless.
"""

import json
import math
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from payments.management.command import OperatorCommand, seconds
from payments.services.open_orders.sweep import sweep


class Command(OperatorCommand):
    """Prints how many orders ended how."""

    help = "Ask the gateway about open orders, and close those that nobody paid in time."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long, and for whom the output is."""
        parser.add_argument("--seconds", type=seconds, default=math.inf, help="stop after so many")
        parser.add_argument("--json", action="store_true", help="one JSON object, for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each way in which orders ended."""
        counts = asdict(sweep(now=timezone.now(), seconds=options["seconds"]))
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        unfinished = counts.pop("unfinished")
        lines = [f"{count:>7,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
        self.stdout.write("\n".join(lines) or "Nothing to ask about.")
        if unfinished:
            self.stdout.write(self.style.WARNING("Time is over; there is more to ask about."))
