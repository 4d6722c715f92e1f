"""The page between "Close this day" and the deed: the figures to be frozen, what is still open.

A GET shows, a POST does it. The form carries the hash of what the person saw, so that a day which
has changed in the meantime is refused. The rules are in `services.daily_close.close`.
"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.admin.shared.access import require, staff
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core import hashing
from payments.core.kst import day_of
from payments.errors import Conflict, NotAllowed
from payments.models import DeliveryOutcome, ReconciliationRun
from payments.selectors import reconciliation
from payments.selectors.daily_close.closes import ONE_DAY, newest, open_days, still_open
from payments.selectors.daily_close.lines import figures_of_lines, lines_of
from payments.selectors.reconciliation import figure, last_over
from payments.services.daily_close.close import close_day, refusal_of

from . import display

TEMPLATE = "admin/payments/dailyclose/close.html"
# As many of the waiting days are named.
NAMED = 7


def may_close(request: HttpRequest) -> bool:
    """Whether this person closes days."""
    return request.user.has_perm("payments.close_day")


def close_day_view(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show what would be frozen (GET), or freeze it (POST)."""
    require(model_admin.has_view_permission(request) and may_close(request))
    if request.method != "POST":
        return _page(model_admin, request, read_day(request.GET.get("day")))
    day = read_day(request.POST.get("day"))
    address = reverse("admin:payments_dailyclose_close")
    if day is None:
        messages.warning(request, _("Choose a day first. Nothing was closed."))
        return HttpResponseRedirect(address)
    try:
        close = close_day(
            day=day,
            actor=staff(request),
            run=last_over(day),
            seen=request.POST.get("seen", ""),
        )
    except (Conflict, NotAllowed) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(f"{address}?day={day}")
    messages.success(request, _("%(day)s is closed.") % {"day": day})
    return HttpResponseRedirect(reverse("admin:payments_dailyclose_change", args=[close.pk]))


def read_day(text: str | None) -> date | None:
    """A day as an address or a form has it, None for anything that is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _page(model_admin: ReadOnlyAdmin, request: HttpRequest, wanted: date | None) -> HttpResponse:
    now, last = timezone.now(), newest()
    waiting = open_days(now=now)
    day = wanted or (waiting[0] if waiting else None)
    refusal = refusal_of(day=day, last=last, now=now) if day else None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Close a day"),
        "opts": model_admin.opts,
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
    return TemplateResponse(request, TEMPLATE, context)


def _figures(day: date) -> dict[str, Any]:
    lines = lines_of(day)
    figures = figures_of_lines(lines)
    return {
        "day_words": display.day_words(day),
        "seen": hashing.of_text(lines),
        "sums": display.group("", figures.sums),
        "methods": display.methods(figures),
        "providers": display.providers(figures),
        "payments_address": payments_address(day),
    }


def payments_address(day: date) -> str:
    """The list of payments of one day, whose totals are the close's figures."""
    listed = reverse("admin:payments_payment_changelist")
    return f"{listed}?basis=paid&from={day}&to={day}"


def _reconciled(day: date, request: HttpRequest) -> dict[str, Any]:
    """Whether the day was compared with the gateway's book, and where to look or to do it."""
    if run := last_over(day):
        look, words = display.reconciled(
            unknown=figure(run, "unknown"), still_open=reconciliation.still_open(run).count()
        )
        about = {"run_look": look, "run_words": words}
        return {"run": run, "run_address": run_address(run, request)} | about
    may_start = request.user.has_perm("payments.start_reconciliation")
    start = reverse("admin:payments_reconciliationrun_start")
    words = _("Not reconciled with the gateway yet")
    about = {"run_look": "wait", "run_words": words}
    return {"run": None, "run_address": start if may_start else ""} | about


def run_address(run: ReconciliationRun, request: HttpRequest) -> str:
    """The page of a reconciliation; "" for whoever may not see it."""
    may_see = request.user.has_perm("payments.view_reconciliationrun")
    return reverse("admin:payments_reconciliationrun_change", args=[run.pk]) if may_see else ""


def _still_open(request: HttpRequest) -> list[tuple[str, str, bool, str]]:
    """(what, how many, whether none, where to look) of what could still change the figures."""
    found = still_open()
    queue = _list(request, "discrepancy")
    inbox = _list(request, "webhookdelivery", f"outcome__exact={DeliveryOutcome.FAILED.value}")
    rows = (
        (_("Open discrepancies, of any day"), found.discrepancies, queue),
        (_("Webhooks that could not be processed"), found.failed_webhooks, inbox),
        (_("Runs under way"), found.waiting_runs, ""),
    )
    return [(label, f"{number:,}", not number, address) for label, number, address in rows]


def _list(request: HttpRequest, model: str, query: str = "") -> str:
    """A list's address; "" for whoever may not see it."""
    may_see = request.user.has_perm(f"payments.view_{model}")
    address = reverse(f"admin:payments_{model}_changelist")
    return (f"{address}?{query}" if query else address) if may_see else ""
