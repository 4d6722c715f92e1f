"""Verification runs: the list, the page that shows one working, its buttons, its file.

A run is started on the payments' list (`payments.start_run`) and worked on by workers; what any
run has (progress, pause, resume, stop) is in `shared.runs`. To add a column: its heading below, its
name in `list_display`, its cell in rows.html; what it needs besides the run comes in one query for
the page (`RunChangeList`). To add a button: a view in a module of its own, its line in `get_urls`.
"""

from typing import Any, TypeAlias, TypedDict
from urllib.parse import unquote

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import WithAnnotations

from payments import tasks
from payments.admin.shared.columns import heading, right
from payments.admin.shared.runs import RunAdmin
from payments.core.db.clock import database_now
from payments.core.list_pages import PagedChangeList
from payments.models import NOT_ENDED, ItemOutcome, RunStatus, VerificationRun
from payments.selectors.verification_runs.changes import changes_of
from payments.selectors.verification_runs.items import items
from payments.selectors.verification_runs.progress import Counts, counts_of
from payments.selectors.verification_runs.progress import progress as progress_of

from . import detail
from .again import again
from .display import change_in_brief, filter_labels
from .export import export
from .results import after_of, outcome_of, results, results_context

# The list by where its runs stand: label and query of each.
VIEWS = (
    (_("All runs"), ""),
    (_("Not ended"), f"status__in={','.join(NOT_ENDED)}"),
    (RunStatus.DONE.label, f"status={RunStatus.DONE}"),
    (RunStatus.STOPPED.label, f"status={RunStatus.STOPPED}"),
)


class RowFacts(TypedDict):
    """What a row of the list knows besides its run, for its cells in rows.html.

    How its payments ended, what became of them in words, and what it was asked for with.
    """

    counts: Counts
    changes: list[str]
    labels: list[tuple[str, str]]


# Quoted: it means something to the type checker alone.
RunRow: TypeAlias = "WithAnnotations[VerificationRun, RowFacts]"


class RunChangeList(PagedChangeList):
    """A page of runs with the counts of each, and what each changed."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts, changes = counts_of(self.result_list), changes_of(self.result_list)
        # Reading a filter takes a set of forms, and many runs are over the same one.
        labels = {query: filter_labels(query) for query in {run.query for run in self.result_list}}
        for run in self.result_list:
            run.counts, run.labels = counts[run.pk], labels[run.query]
            run.changes = [change_in_brief(change) for change in changes[run.pk]]


@admin.register(VerificationRun)
class VerificationRunAdmin(RunAdmin):
    """Verification runs, newest first."""

    enqueue = staticmethod(tasks.queue_verification)
    control_right = "payments.verify_payment"  # and so: ask again

    list_display = [
        "number",
        "asked",
        "who",
        "filter",
        "progress",
        "state",
        "changes",
        "differences",
    ]

    class Media:
        css = {
            "all": [
                "payments/admin/components/run.css",
                "payments/admin/screens/verification_runs.css",
            ]
        }

    # Their cells are in templates/admin/payments/verificationrun/rows.html.
    number = heading(_("number"))
    asked = heading(_("asked for"))
    who = heading(_("asked for by"))
    filter = heading(_("filter"))
    progress = heading(_("progress"))
    state = heading(pgettext_lazy("work", "Status"))
    changes = heading(pgettext_lazy("count", "Changes"))
    differences = heading(pgettext_lazy("count", "Differences"))

    has_export_permission = right("payments.export_payment")  # results

    def get_urls(self) -> list[URLPattern]:
        own = self.screens(
            ("<int:pk>/results/", results, "results"),
            ("<int:pk>/again/", again, "again"),
            ("<int:pk>/export/", export, "export"),
        )
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return RunChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with its views above it."""
        current = unquote(request.GET.urlencode())
        views = [(label, f"?{query}", query == current) for label, query in VIEWS]
        context = {"views": views, "moved": ItemOutcome.MOVED.value}
        return super().changelist_view(request, context | (extra_context or {}))

    def live_context(self, request: HttpRequest, run: VerificationRun) -> dict[str, Any]:
        progress = progress_of(run, now=database_now())
        return detail.live(progress, outcome_of(request, progress.counts))

    def page_context(self, request: HttpRequest, run: VerificationRun) -> dict[str, Any]:
        context = super().page_context(request, run) | {"filter_labels": filter_labels(run.query)}
        page = items(run, context["outcome"], after=after_of(request))
        return context | results_context(request, run, page)
