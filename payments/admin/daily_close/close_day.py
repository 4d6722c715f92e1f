"""The page before a day is closed: the figures to be frozen, what is still open.

A GET shows, a POST closes. The form carries the hash of what the person saw, so that a day which
has changed in the meantime is refused. The first close of all decides which days can never be
closed: it says so at the button and takes a tick. The rules are in `services.daily_close.close`.
"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import discrepancy_list, failed_webhook_list
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.won_table import won_context
from payments.core import hashing
from payments.core.days import read_day
from payments.core.kst import day_of
from payments.errors import Conflict, NotAllowed
from payments.selectors import reconciliation
from payments.selectors.daily_close import beginning
from payments.selectors.daily_close.closes import (
    ONE_DAY,
    figures_now,
    newest,
    open_days,
    still_open,
)
from payments.selectors.daily_close.lines import lines_of
from payments.selectors.reconciliation import figure, last_over, won_of_days
from payments.services.daily_close import close as service

from . import display

TEMPLATE = "admin/payments/dailyclose/close.html"
# As many of the waiting days are named.
NAMED = 7


@staff_view("view", "close")
def close_day(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show what would be frozen (GET), or freeze it (POST)."""
    if request.method != "POST":
        return _page(model_admin, request, read_day(request.GET.get("day")))
    day = read_day(request.POST.get("day"))
    url = reverse("admin:payments_dailyclose_close")
    if day is None:
        messages.warning(request, _("Choose a day first. Nothing was closed."))
        return HttpResponseRedirect(url)
    if newest() is None and not request.POST.get("begin"):
        messages.error(request, _("Tick that closing begins with this day. Nothing was closed."))
        return HttpResponseRedirect(f"{url}?day={day}")
    try:
        close = service.close_day(
            day=day,
            actor=staff(request),
            run=last_over(day),
            seen=request.POST.get("seen", ""),
        )
    except (Conflict, NotAllowed) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(f"{url}?day={day}")
    messages.success(request, _("%(day)s is closed.") % {"day": day})
    return HttpResponseRedirect(reverse("admin:payments_dailyclose_change", args=[close.pk]))


def _page(model_admin: ReadOnlyAdmin, request: HttpRequest, wanted: date | None) -> HttpResponse:
    now, last = timezone.now(), newest()
    waiting = open_days(now=now)
    first = beginning.proposed(now=now) if last is None else None
    day = wanted or first or (waiting[0] if waiting else None)
    refusal = service.refusal_of(day=day, last=last, now=now) if day else None
    context: dict[str, Any] = {
        "media": model_admin.media,
        "day": day,
        "refusal": refusal,
        "first": first,
        "latest": day_of(now) - ONE_DAY,
        "waiting": waiting[:NAMED],
        "more_waiting": max(0, len(waiting) - NAMED),
    }
    if day and not refusal:
        context |= _figures(day) | _reconciled(day) | won_context(won_of_days(day, day))
        context["open"] = _still_open(request)
        context["left_out"] = beginning.left_out(day) if first else None
    return model_admin.render_page(request, TEMPLATE, title=_("Close a day"), **context)


def _figures(day: date) -> dict[str, Any]:
    lines = lines_of(day)
    return {
        "seen": hashing.of_text(lines),
        **display.breakdown(figures_now(day, lines)),
    }


def _reconciled(day: date) -> dict[str, Any]:
    """Whether the day was compared with the gateway's book: by which run, and how that looks."""
    run = last_over(day)
    if run is None:
        return {"look": "wait", "label": _("Not reconciled with the gateway yet")}
    unknown, still_open = figure(run, "unknown"), reconciliation.still_open(run).count()
    look, label = display.reconciled(unknown=unknown, still_open=still_open)
    return {"run": run, "look": look, "label": label}


def _still_open(request: HttpRequest) -> list[tuple[str, int, str]]:
    """(what, how many, where to look) of what could still change the figures.

    The last is "" for whoever may not see it.
    """
    counts, may = still_open(), request.user.has_perm
    discrepancies = discrepancy_list() if may("payments.view_discrepancy") else ""
    webhooks = failed_webhook_list() if may("payments.view_webhookdelivery") else ""
    return [
        (_("Open discrepancies, of any day"), counts.discrepancies, discrepancies),
        (_("Webhooks that could not be processed"), counts.failed_webhooks, webhooks),
        (_("Runs under way"), counts.waiting_runs, ""),
    ]
