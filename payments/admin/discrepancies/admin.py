"""The screens of discrepancies as one ModelAdmin: the queue, the page of one, taking in,
the export.

Nothing is edited here: what can happen to a discrepancy happens in `services.discrepancies.queue`.
A new screen or button is a method of the part that it belongs to.
"""

from django.contrib import admin

from payments.models import Discrepancy

from .export import DiscrepancyExport
from .import_payment import DiscrepancyTakeIn
from .resolve import DiscrepancyWork


@admin.register(Discrepancy)
class DiscrepancyAdmin(DiscrepancyExport, DiscrepancyTakeIn, DiscrepancyWork):
    """Discrepancies as staff see them."""
