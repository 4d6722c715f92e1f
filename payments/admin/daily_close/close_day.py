"""The page before a day is closed: the figures to be frozen, what is still open.

A GET shows, a POST closes. The form carries the hash of what the person saw, so that a day which
has changed in the meantime is refused. The rules are in `services.daily_close.close`.
"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import payment_list_of_days
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core import hashing
from payments.core.kst import day_of, read_day
from payments.errors import Conflict, NotAllowed
from payments.models import DeliveryOutcome, ReconciliationRun
from payments.selectors import reconciliation
from payments.selectors.daily_close.closes import ONE_DAY, newest, open_days, still_open
from payments.selectors.daily_close.lines import figures_of_lines, lines_of
from payments.selectors.reconciliation import figure, last_over
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
    day = wanted or (waiting[0] if waiting else None)
    refusal = service.refusal_of(day=day, last=last, now=now) if day else None
    context = {
        "media": model_admin.media,
        "day": day,
        "refusal": refusal,
        "is_first": last is None,
        "latest": day_of(now) - ONE_DAY,
        "waiting": waiting[:NAMED],
        "more_waiting": max(0, len(waiting) - NAMED),
    }
    if day and not refusal:
        context |= _figures(day) | _reconciled(day, request) | {"open": _still_open(request)}
    return model_admin.render_page(request, TEMPLATE, title=_("Close a day"), **context)


def _figures(day: date) -> dict[str, Any]:
    lines = lines_of(day)
    return {
        "day_label": display.day_label(day),
        "seen": hashing.of_text(lines),
        "payments_url": payments_url(day),
        **display.breakdown(figures_of_lines(lines)),
    }


def payments_url(day: date) -> str:
    """The list of payments of one day, whose totals are the close's figures."""
    return payment_list_of_days((day, day))


def _reconciled(day: date, request: HttpRequest) -> dict[str, Any]:
    """Whether the day was compared with the gateway's book, and where to look or to do it."""
    if run := last_over(day):
        look, label = display.reconciled(
            unknown=figure(run, "unknown"), still_open=reconciliation.still_open(run).count()
        )
        return {"run": run, "run_url": run_url(run, request), "run_look": look, "run_label": label}
    may_start = request.user.has_perm("payments.start_reconciliation")
    return {
        "run": None,
        "run_url": reverse("admin:payments_reconciliationrun_start") if may_start else "",
        "run_look": "wait",
        "run_label": _("Not reconciled with the gateway yet"),
    }


def run_url(run: ReconciliationRun, request: HttpRequest) -> str:
    """The page of a reconciliation; "" for whoever may not see it."""
    may_see = request.user.has_perm("payments.view_reconciliationrun")
    return reverse("admin:payments_reconciliationrun_change", args=[run.pk]) if may_see else ""


def _still_open(request: HttpRequest) -> list[tuple[str, str, bool, str]]:
    """(what, how many, whether none, where to look) of what could still change the figures."""
    counts = still_open()
    discrepancies = _list_url(request, "discrepancy")
    failed = f"outcome__exact={DeliveryOutcome.FAILED.value}"
    webhooks = _list_url(request, "webhookdelivery", failed)
    rows = (
        (_("Open discrepancies, of any day"), counts.discrepancies, discrepancies),
        (_("Webhooks that could not be processed"), counts.failed_webhooks, webhooks),
        (_("Runs under way"), counts.waiting_runs, ""),
    )
    return [(label, f"{number:,}", not number, url) for label, number, url in rows]


def _list_url(request: HttpRequest, model: str, query: str = "") -> str:
    """A list's URL; "" for whoever may not see it."""
    may_see = request.user.has_perm(f"payments.view_{model}")
    url = reverse(f"admin:payments_{model}_changelist")
    return (f"{url}?{query}" if query else url) if may_see else ""
