"""The results of a verification run by outcome, a page at a time: part of its page.

Another column goes to the template.
"""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from payments.admin.shared.access import staff_view
from payments.admin.shared.run_display import run_url
from payments.admin.shared.runs import RunAdmin
from payments.core.db.clock import database_now
from payments.core.text import whole_number
from payments.models import ItemOutcome, VerificationRun
from payments.selectors.verification_runs.items import Items, first_to_look_at, items
from payments.selectors.verification_runs.progress import Counts, progress

from .detail import every_results
from .display import accepted_badge, item_labels, outcome_badge

TEMPLATE = "admin/payments/verificationrun/results.html"


@staff_view("view")
def results(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The first results of one outcome, as they come in."""
    run = get_object_or_404(VerificationRun, pk=pk)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{run_url(run)}?{request.GET.urlencode()}")
    context = {
        "run": run,
        "every_results": every_results(progress(run, now=database_now())),
        **results_context(request, run, items(run, outcome_of(request, Counts()))),
    }
    return TemplateResponse(request, TEMPLATE, context)


def results_context(request: HttpRequest, run: VerificationRun, page: Items) -> dict[str, Any]:
    """One page of the results."""
    return {
        "outcome": page.outcome,
        "outcome_badge": outcome_badge(page.outcome, run),
        "rows": [(item, item_labels(item), accepted_badge(item)) for item in page.rows],
        "after": page.after,
        "is_later": bool(after_of(request)),
    }


def outcome_of(request: HttpRequest, counts: Counts) -> ItemOutcome:
    """Which results the URL asks for; without a word of it, trouble before what is fine."""
    wanted = request.GET.get("outcome", "")
    return ItemOutcome(wanted) if wanted in ItemOutcome.values else first_to_look_at(counts)


def after_of(request: HttpRequest) -> int:
    """The key before the page that the URL asks for, 0 for the first."""
    return whole_number(request.GET.get("after")) or 0
