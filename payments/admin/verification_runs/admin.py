"""Verification runs: the list, the page that shows one working, its buttons, its file.

A run is started on the payments' list (`payments.start_run`) and worked on by workers; what any
run has (progress, pause, resume, stop) is in `shared.runs`. To add a column: a line below, its
name in `list_display`; what it needs besides the run comes in one query for the page
(`RunChangeList`). To add a button: a view in a module of its own, its line in `get_urls`.
"""

from typing import Any, TypeAlias, TypedDict
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import WithAnnotations

from payments import tasks
from payments.admin.shared.columns import column, right
from payments.admin.shared.display import NOTHING, moment
from payments.admin.shared.run_display import asker, run_badge, run_url
from payments.admin.shared.runs import RunAdmin
from payments.core.db.clock import database_now
from payments.core.money import with_separators
from payments.models import NOT_ENDED, ItemOutcome, RunStatus, VerificationRun
from payments.selectors.verification_runs.changes import Change, changes_of
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
    """What a row of the list knows besides its run."""

    outcome_counts: Counts
    changes: list[Change]
    labels: list[tuple[str, str]]


# Quoted: it means something to the type checker alone.
RunRow: TypeAlias = "WithAnnotations[VerificationRun, RowFacts]"


class RunChangeList(ChangeList):
    """A page of runs with the counts of each, and what each changed."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        ids = [run.pk for run in self.result_list]
        counts, changes = counts_of(ids), changes_of(ids)
        # Reading a filter takes a set of forms, and many runs are over the same one.
        labels = {query: filter_labels(query) for query in {run.query for run in self.result_list}}
        for run in self.result_list:
            run.outcome_counts, run.changes = counts[run.pk], changes[run.pk]
            run.labels = labels[run.query]


def _filter(run: RunRow) -> SafeString | str:
    if not run.labels:
        return str(_("All payments"))
    part = '<span class="filter-part"><span class="soft">{}</span> {}</span>'
    return format_html_join(" ", part, run.labels)


def _progress(run: RunRow) -> SafeString:
    settled = run.outcome_counts.settled
    return format_html(
        '<progress value="{}" max="{}" aria-hidden="true"></progress>'
        '<span class="won">{} / {}</span>',
        str(settled),
        str(run.total or 1),
        with_separators(settled),
        with_separators(run.total),
    )


def _changes(run: RunRow) -> SafeString | str:
    """What became of how many payments, a line for each, as a link to them."""
    if not run.changes:
        return "0" if run.outcome_counts.settled else NOTHING
    url = f"{run_url(run)}?outcome={ItemOutcome.MOVED}#results"
    lines = ((url, change_in_brief(change)) for change in run.changes)
    return format_html_join("", '<a href="{}" class="changed">{}</a>', lines)


def _differences(run: RunRow) -> SafeString | str:
    """How many do not agree or were not found, as a link to them."""
    counts = run.outcome_counts
    if not counts.differences:
        return "0" if counts.settled else NOTHING
    number = with_separators(counts.differences)
    return format_html('<a href="{}#results" class="differs">{}</a>', run_url(run), number)


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

    number = column(lambda run: f"#{run.pk}", _("number"))
    asked = column(lambda run: moment(run.requested_at), _("asked for"))
    who = column(asker, _("asked for by"))
    filter = column(_filter, _("filter"))
    progress = column(_progress, _("progress"))
    state = column(run_badge, pgettext_lazy("work", "Status"))
    changes = column(_changes, pgettext_lazy("count", "Changes"))
    differences = column(_differences, pgettext_lazy("count", "Differences"))

    has_export_permission = right("payments.export_payment")  # results

    def get_urls(self) -> list[URLPattern]:
        own = self.screens(
            ("<int:pk>/results/", results, "results"),
            ("<int:pk>/again/", again, "again"),
            ("<int:pk>/export/", export, "export"),
        )
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with its views above it."""
        current = unquote(request.GET.urlencode())
        views = [(label, f"?{query}", query == current) for label, query in VIEWS]
        return super().changelist_view(request, {"views": views} | (extra_context or {}))

    def live_context(self, request: HttpRequest, run: VerificationRun) -> dict[str, Any]:
        progress = progress_of(run, now=database_now())
        return detail.live(progress, outcome_of(request, progress.counts))

    def page_context(self, request: HttpRequest, run: VerificationRun) -> dict[str, Any]:
        context = super().page_context(request, run) | {"filter_labels": filter_labels(run.query)}
        page = items(run, context["outcome"], after=after_of(request))
        return context | results_context(request, run, page)
