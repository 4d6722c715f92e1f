"""`manage.py rebuild_roll_ups`: add up anew what the audit found not to be right."""

from typing import Any

from payments.management.command import OperatorCommand
from payments.services.roll_ups.fold import rebuild


class Command(OperatorCommand):
    """The sums alone: no payment, event or movement is touched."""

    help = "Add up the sums of movements and orders anew, where audit_ledger names wrong ones."

    def handle(self, *args: Any, **options: Any) -> None:
        """In one transaction for each kind of sum; figures stay right meanwhile."""
        rebuild()
        self.stdout.write(self.style.SUCCESS("All sums were added up anew."))
