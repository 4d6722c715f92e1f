"""The page of one closed day: its figures, its place in the chain, and what has moved since.

Hashes and figures are recomputed each time the page is drawn. To show another fact of the close
itself, add it to the template; what has to be read or compared first, to `detail`.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import badge
from payments.models import DailyClose
from payments.selectors.daily_close.closes import Drift, drift, figures_then
from payments.services.daily_close.audit import Flaw, flaws_of

from .display import breakdown, drift_badge, signed

# More causes than this are no page: the statement's file and the list have them all.
CAUSES_ON_PAGE = 200


def detail(close: DailyClose) -> dict[str, Any]:
    """Everything that the page shows."""
    closes = DailyClose.objects.defer("lines")
    before = closes.filter(day__lt=close.day).order_by("-day").first()
    flaws = list(flaws_of(close=close, before=before))
    # Lines that were changed can't be set beside today's.
    is_comparable = not {Flaw.LINES, Flaw.FIGURES} & set(flaws)
    return {
        "title": _("Daily close of %(day)s") % {"day": close.day},
        "subtitle": None,
        "before": before,
        "after": closes.filter(day__gt=close.day).order_by("day").first(),
        "flaws": flaws,
        **breakdown(figures_then(close)),
        **(_drift(drift(close)) if is_comparable else {}),
    }


def _drift(moved: Drift) -> dict[str, Any]:
    labels = {
        "count": pgettext("count", "Payments"),
        "gross": _("Gross"),
        "refunded": pgettext("figure", "Refunded"),
        "net": _("Net"),
    }
    then, now, difference = moved.then.sums, moved.now.sums, moved.difference
    return {
        "drift": moved,
        "drift_badge": drift_badge(difference) if moved else badge("good", _("Stands")),
        "compared": [
            (label, getattr(then, name), getattr(now, name), signed(getattr(difference, name)))
            for name, label in labels.items()
        ],
        "causes": moved.causes[:CAUSES_ON_PAGE],
        "more_causes": max(0, len(moved.causes) - CAUSES_ON_PAGE),
    }
