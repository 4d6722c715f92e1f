"""`manage.py audit_ledger`: recompute every hash and every projection; exit 1 on any difference."""

import sys
from typing import Any

from payments.management.command import OperatorCommand
from payments.models import DailyClose, Payment
from payments.services.daily_close.audit import audit_closes
from payments.services.ledger_audit import audit


class Command(OperatorCommand):
    """Print what does not hold, one line each, and a summary."""

    help = "Prove that nobody has changed the ledger or a close. Exits 1 if anything does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything, change nothing."""
        number = 0
        for problems in (audit(), audit_closes()):
            for problem in problems:
                number += 1
                self.stdout.write(self.style.ERROR(str(problem)))
        checked = f"{Payment.objects.count()} payments and {DailyClose.objects.count()} closes"
        if number:
            self.stdout.write(self.style.ERROR(f"{number} problems in {checked}."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"{checked}: everything holds."))
