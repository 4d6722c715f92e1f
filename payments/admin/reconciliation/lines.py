"""What differs in won, attempt by attempt: the rows behind a difference of a run's table.

A line is one attempt's money of one Korean day, approved or refunded, on both sides; its case leads
to what was found and decided. To narrow by something else: a condition in `_narrowed`.
"""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff_view
from payments.admin.shared.run_display import run_url
from payments.admin.shared.runs import RunAdmin
from payments.admin.shared.won_table import ACCEPTED, lines_url
from payments.core.days import read_day
from payments.models import Discrepancy, ReconciliationLine, ReconciliationRun
from payments.selectors.reconciliation import cases_of, lines_of
from payments.states import MovementKind

TEMPLATE = "admin/payments/reconciliationrun/lines.html"
PER_PAGE = 100
KINDS = (MovementKind.APPROVAL.value, MovementKind.REFUND.value)


@staff_view("view", methods=["GET", "HEAD"])
def lines(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """A page of them; the URL says of which kind and days, and whether only the accepted ones."""
    run = get_object_or_404(ReconciliationRun, pk=pk)
    wanted = _wanted(request)
    page = Paginator(_narrowed(lines_of([run.pk]), wanted), PER_PAGE).get_page(
        request.GET.get("page")
    )
    title = _("Differences in won")
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=f"{title} {run}",
        run=run,
        run_url=run_url(run),
        page=page,
        rows=_with_cases(page.object_list),
        choices=_choices(run, wanted),
        days=[day for day in (wanted["from"], wanted["to"]) if day],
        before=lines_url(run.pk, **wanted, page=page.number - 1),
        after=lines_url(run.pk, **wanted, page=page.number + 1),
    )


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """What the URL narrows by; what makes no sense narrows by nothing."""
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "")
    return {
        "kind": kind if kind in KINDS else "",
        "state": state if state == ACCEPTED else "",
        "from": read_day(request.GET.get("from")),
        "to": read_day(request.GET.get("to")),
    }


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    first, last = wanted["from"] or date.min, wanted["to"] or date.max
    rows = rows.filter(day__range=(first, last))
    if wanted["kind"]:
        rows = rows.filter(kind=wanted["kind"])
    return rows.filter(is_accepted=True) if wanted["state"] else rows


def _with_cases(rows: Any) -> list[tuple[ReconciliationLine, str, str, Discrepancy | None]]:
    """(line, its kind, its order number, its case)."""
    rows = list(rows)
    cases = cases_of(rows)
    return [
        (
            line,
            str(MovementKind(line.kind).label),
            line.payment.merchant_uid if line.payment else line.merchant_uid,
            cases.get(line.imp_uid),
        )
        for line in rows
    ]


def _choices(run: ReconciliationRun, wanted: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(words, URL, whether it is chosen) of what can be narrowed by."""
    kinds = [("", _("All differences"))]
    kinds += [(kind, str(MovementKind(kind).label)) for kind in KINDS]
    chosen = wanted["kind"], wanted["state"]
    narrowed = [(label, (kind, "")) for kind, label in kinds] + [(_("Accepted"), ("", ACCEPTED))]
    return [
        (label, lines_url(run.pk, **wanted | {"kind": kind, "state": state}), is_chosen)
        for label, (kind, state) in narrowed
        for is_chosen in [(kind, state) == chosen]
    ]
