"""The page of one closed day: its figures, its place in the chain, and what was learnt since.

Hashes and figures are recomputed each time the page is drawn. To show another fact of the close
itself, add it to the template; what has to be read or compared first, to `detail`.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import badge, signed_number
from payments.admin.shared.won_table import won_context
from payments.models import DailyClose
from payments.selectors.daily_close.closes import Drift, drift, figures_then, how_learnt
from payments.selectors.daily_close.figures import Figures
from payments.selectors.daily_close.lines import lines_of
from payments.selectors.reconciliation import won_of_days
from payments.services.daily_close.audit import Flaw, flaws_of

from .display import breakdown, drift_badge

# More of them than this are no page: the list of movements has them all.
LEARNT_ON_PAGE = 200


def detail(close: DailyClose) -> dict[str, Any]:
    """Everything that the page shows."""
    closes = DailyClose.objects.defer("lines")
    before = closes.filter(day__lt=close.day).order_by("-day").first()
    now = lines_of(close.day)
    flaws = list(flaws_of(close=close, before=before, now=now))
    # Lines that were changed can't be set beside today's.
    is_comparable = not {Flaw.LINES, Flaw.FIGURES} & set(flaws)
    return {
        "title": _("Daily close of %(day)s") % {"day": close.day},
        "subtitle": None,
        "before": before,
        "after": closes.filter(day__gt=close.day).order_by("day").first(),
        "flaws": flaws,
        **breakdown(figures_then(close)),
        **won_context(won_of_days(close.day, close.day)),
        **(_drift(drift(close, now)) if is_comparable else {}),
    }


def _drift(drifted: Drift) -> dict[str, Any]:
    learnt = how_learnt(drifted.learnt[:LEARNT_ON_PAGE])
    return {
        "drift": drifted,
        "drift_badge": drift_badge(drifted.moved) if drifted else badge("good", _("Stands")),
        "compared": _compared(drifted.then, drifted.now),
        "learnt": learnt,
        "more_learnt": len(drifted.learnt) - len(learnt),
        "gone": drifted.gone[:LEARNT_ON_PAGE],
    }


def _compared(then: Figures, now: Figures) -> list[tuple[str, int, int, str]]:
    """(figure, when closed, now, difference) of each sum; of what is in none, where it differs."""
    figures = [
        (pgettext("figure", "Approved"), then.sums.approved, now.sums.approved),
        (
            _("Refunded, paid same day"),
            then.sums.refunded_same_day,
            now.sums.refunded_same_day,
        ),
        (
            _("Refunded, paid earlier"),
            then.sums.refunded_earlier,
            now.sums.refunded_earlier,
        ),
        (_("Net"), then.sums.net, now.sums.net),
    ]
    unsummed = [
        (_("Second approvals"), then.others.net, now.others.net),
        (_("Test payments"), then.tests.net, now.tests.net),
    ]
    figures += [row for row in unsummed if row[1] != row[2]]
    return [
        (label, before, after, signed_number(after - before)) for label, before, after in figures
    ]
