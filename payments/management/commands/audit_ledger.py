"""`manage.py audit_ledger`: recompute every hash and every projection; exit 1 on any difference."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from payments.models import Payment
from payments.services.audit import audit


class Command(BaseCommand):
    """Print what does not hold, one line each, and a summary."""

    help = "Prove that nobody has changed the ledger. Exits 1 if anything does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything, change nothing."""
        found = 0
        for problem in audit():
            found += 1
            self.stdout.write(self.style.ERROR(str(problem)))
        payments = Payment.objects.count()
        if found:
            self.stdout.write(self.style.ERROR(f"{found} problems in {payments} payments."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"{payments} payments: every event holds."))
