"""`manage.py audit_ledger`: recompute every hash, sum and projection; exit 1 on any difference.

Another book that can be audited: a line in `_audits`.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from payments.management.command import OperatorCommand
from payments.models import DailyClose, Payment
from payments.services.daily_close.audit import audit_closes
from payments.services.ledger_audit import audit
from payments.services.roll_ups.audit import audit_roll_ups


class Command(OperatorCommand):
    """Print what does not hold, one line each, and a summary."""

    help = "Prove that nobody has changed the ledger or a close. Exits 1 if anything does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many processors it may take."""
        parser.add_argument(
            "--processes", type=int, help="at once, on PostgreSQL; by default one a processor"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything, change nothing."""
        number = 0
        for problems in _audits(_processes(options["processes"])):
            for problem in problems:
                number += 1
                self.stdout.write(self.style.ERROR(str(problem)))
        checked = f"{Payment.objects.count()} payments and {DailyClose.objects.count()} closes"
        if number:
            self.stdout.write(self.style.ERROR(f"{number} problems in {checked}."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"{checked}: everything holds."))


def _audits(processes: int) -> Iterator[Iterable[object]]:
    """Each book's problems, the ledger's first: the others are sums of it."""
    yield audit(processes=processes)
    yield audit_closes()
    yield audit_roll_ups()


def _processes(wanted: int | None) -> int:
    """One where others could not see what this one sees: SQLite, an open transaction."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return 1
    return max(1, wanted or os.cpu_count() or 1)
