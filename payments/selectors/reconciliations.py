"""What is read about a reconciliation besides its own row."""

from django.db.models import QuerySet

from payments.models import Discrepancy, ReconciliationRun


def still_open(run: ReconciliationRun) -> QuerySet[Discrepancy]:
    """What the run saw and nobody has closed, nor the facts; the oldest first."""
    return Discrepancy.objects.filter(last_run=run, is_open=True).order_by("pk")
