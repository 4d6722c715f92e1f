"""Reconciliations: the list, the form that starts one, the page that shows one working.

Workers do it (`services.reconciliation`); here it is asked for (`start`) and followed (`detail`).
What any run has (progress, pause, resume, stop) is in `shared.runs`. All figures of the list are on
the run's own row. To add a column: its heading below, its name in `list_display`, its cell in
rows.html.
"""

from typing import Any, TypeAlias, TypedDict

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import WithAnnotations

from payments import tasks
from payments.admin.shared.columns import heading
from payments.admin.shared.links import discrepancy_list
from payments.admin.shared.runs import RunAdmin
from payments.core.db.clock import database_now
from payments.core.list_pages import PagedChangeList
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import differences_of, discrepancies_of, figure
from payments.services.reconciliation import control

from . import detail
from .lines import lines
from .start import start


class RowFacts(TypedDict):
    """What the cells of a row say besides its run: its figures, by name."""

    figures: dict[str, Any]


# Quoted: it means something to the type checker alone.
RunRow: TypeAlias = "WithAnnotations[ReconciliationRun, RowFacts]"


class RunChangeList(PagedChangeList):
    """Each row knows its figures; all of them are on the run itself."""

    result_list: list[RunRow]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for run in self.result_list:
            run.figures = _figures(run)


def _figures(run: ReconciliationRun) -> dict[str, Any]:
    names = ("ours", "theirs", "agree", "moved", "unknown")
    return {name: figure(run, name) for name in names} | {
        "percent": int(run.progress * 100),
        "discrepancies": discrepancies_of(run),
        "by_bucket": [(bucket.label, number) for bucket, number in differences_of(run).items()],
        "url": discrepancy_list(f"state=all&run={run.pk}"),
    }


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(RunAdmin):
    """Reconciliations, newest first."""

    enqueue = staticmethod(tasks.queue_reconciliation)
    stop_run = staticmethod(control.stop)
    control_right = "payments.start_reconciliation"

    list_display = [
        "span",
        "state",
        "read",
        "agree",
        "moved_number",
        "unknown_number",
        "differences",
        "asked",
    ]
    list_filter = ["status"]

    class Media:
        css = {
            "all": [
                "payments/admin/components/run.css",
                "payments/admin/components/won_table.css",
                "payments/admin/screens/reconciliation.css",
            ]
        }

    # Their cells are in templates/admin/payments/reconciliationrun/rows.html.
    span = heading(_("days"))
    state = heading(pgettext_lazy("run", "status"))
    read = heading(_("read: here / gateway"))
    agree = heading(_("agree"))
    moved_number = heading(pgettext_lazy("column of reconciliations", "moved"))
    unknown_number = heading(_("no answer"))
    differences = heading(pgettext_lazy("column of reconciliations", "discrepancies"))
    asked = heading(_("asked for by"))

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(("start/", start, "start"), ("<int:pk>/lines/", lines, "lines"))
        return [*ours, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return RunChangeList

    def live_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return detail.live(run, database_now())

    def page_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return super().page_context(request, run) | {"ids": detail.ids(run, request)}
