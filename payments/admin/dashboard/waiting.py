"""The dashboard's tiles of what does not agree, in the whole book; each leads to its list.

To show another one: a `QueueTile` in `tiles`, its figure in `selectors.discrepancies.queue`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.admin.discrepancies.list import OLDEST_FIRST
from payments.admin.shared.access import staff
from payments.core.money import with_separators, won
from payments.selectors.discrepancies import queue


@dataclass(frozen=True, slots=True)
class QueueTile:
    """One figure of the queue."""

    number: str
    label: str
    address: str
    is_empty: bool


def tiles(request: HttpRequest) -> Iterator[QueueTile]:
    """How much is open, since when, and how much of it is this person's; nothing for others."""
    if not request.user.has_perm("payments.view_discrepancy"):
        return
    found, listed = queue(staff(request)), reverse("admin:payments_discrepancy_changelist")
    stake = _("open discrepancies, %(amount)s at stake") % {"amount": won(found.amount)}
    yield QueueTile(with_separators(found.count), stake, listed, not found.count)
    days = (timezone.now() - found.oldest).days if found.oldest else 0
    words = ngettext("day since the oldest was found", "days since the oldest was found", days)
    yield QueueTile(with_separators(days), words, f"{listed}?{OLDEST_FIRST}", not days)
    mine = _("discrepancies of mine")
    yield QueueTile(with_separators(found.mine), mine, f"{listed}?owner=me", not found.mine)
