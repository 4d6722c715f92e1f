"""The page of one closed day: its figures, its place in the chain, and what has moved since.

Hashes and figures are recomputed each time the page is drawn. To show another fact, add it to the
part of `detail` it belongs to.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import NOTHING, badge, code, moment, pay_method, won
from payments.admin.shared.run_display import without_answer
from payments.core.money import with_separators
from payments.models import DailyClose
from payments.selectors.daily_close.closes import Cause, Drift, drift, figures_then
from payments.selectors.daily_close.lines import Line
from payments.services.daily_close.audit import Flaw, flaws_of

from . import display
from .close_day import payments_url, run_url
from .display import line_status

# More causes than this are no page: the statement's file and the list have them all.
CAUSES_ON_PAGE = 200


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One payment that is not what it was when the day was closed."""

    what: SafeString
    number: SafeString | str
    before: list[SafeString | str]
    after: list[SafeString | str]


def detail(close: DailyClose, request: HttpRequest) -> dict[str, Any]:
    """Everything that the page shows."""
    closes = DailyClose.objects.defer("lines")
    before = closes.filter(day__lt=close.day).order_by("-day").first()
    flaws = list(flaws_of(close=close, before=before))
    # Lines that were changed can't be set beside today's.
    moved = None if {Flaw.LINES, Flaw.FIGURES} & set(flaws) else drift(close)
    return {
        "title": _("Daily close of %(day)s") % {"day": close.day},
        "subtitle": None,
        "day_label": display.day_label(close.day),
        "before": before,
        "after": closes.filter(day__gt=close.day).order_by("day").first(),
        "holds": not flaws,
        "flaws": [flaw.label for flaw in flaws],
        "payments_url": payments_url(close.day),
        "statement_url": f"{reverse('admin:payments_dailyclose_daily')}?day={close.day}",
        "closed_at": moment(close.closed_at),
        "closed_by": close.actor_name or _("By the clock"),
        **_figures(close),
        **_reconciliation(close, request),
        **(_drift(moved, request) if moved is not None else {}),
    }


def _figures(close: DailyClose) -> dict[str, Any]:
    return {
        "figures": [
            (_("Net"), won(close.net)),
            (_("Gross"), won(close.gross)),
            (pgettext("figure", "Refunded"), won(close.refunded)),
            (pgettext("count", "Payments"), with_separators(close.count)),
        ],
        **display.breakdown(figures_then(close)),
    }


def _reconciliation(close: DailyClose, request: HttpRequest) -> dict[str, Any]:
    """Where the run is that the day was closed on, and what it knew nothing about."""
    if close.run is None:
        return {}
    return {
        "run_url": run_url(close.run, request),
        "without_answer": without_answer(close.run),
    }


def _drift(moved: Drift, request: HttpRequest) -> dict[str, Any]:
    difference = moved.difference
    rows = (
        (pgettext("count", "Payments"), "count"),
        (_("Gross"), "gross"),
        (pgettext("figure", "Refunded"), "refunded"),
        (_("Net"), "net"),
    )
    may_open = request.user.has_perm("payments.view_payment")
    return {
        "drift": moved,
        "drift_badge": display.drift_badge(difference) if moved else badge("good", _("Stands")),
        "compared": [
            (
                label,
                with_separators(getattr(moved.then.sums, name)),
                with_separators(getattr(moved.now.sums, name)),
                display.signed(getattr(difference, name)),
                bool(getattr(difference, name)),
            )
            for label, name in rows
        ],
        "causes": [_cause(cause, may_open) for cause in moved.causes[:CAUSES_ON_PAGE]],
        "more_causes": max(0, len(moved.causes) - CAUSES_ON_PAGE),
    }


def _cause(cause: Cause, may_open: bool) -> CauseRow:
    number: SafeString | str = code(cause.merchant_uid)
    if cause.payment_id and may_open:
        url = reverse("admin:payments_payment_change", args=[cause.payment_id])
        number = format_html('<a href="{}">{}</a>', url, number)
    return CauseRow(
        what=_what(cause),
        number=format_html('{}<span class="small">{}</span>', number, code(cause.imp_uid)),
        before=_facts(cause.before, cause.after),
        after=_facts(cause.after, cause.before),
    )


def _what(cause: Cause) -> SafeString:
    before, after = cause.before, cause.after
    if before is None:
        return badge("bad", _("Came afterwards"))
    if after is None:
        return badge("bad", _("No longer of this day"))
    if replace(before, cancelled_amount=after.cancelled_amount, status=after.status) == after:
        return badge("wait", _("Refunded afterwards"))
    return badge("bad", _("Changed afterwards"))


def _facts(line: Line | None, other: Line | None) -> list[SafeString | str]:
    """Amount, what was refunded of it, status; method and PG where they are not the other's."""
    if line is None:
        return [NOTHING]
    facts: list[SafeString | str] = [won(line.amount)]
    if line.cancelled_amount:
        facts.append(f"{pgettext('amount', 'Refunded')} {won(line.cancelled_amount)}")
    facts.append(line_status(line))
    if other and line.pay_method != other.pay_method:
        facts.append(pay_method(line.pay_method))
    if other and line.pg_provider != other.pg_provider:
        facts.append(line.pg_provider or NOTHING)
    return facts
