"""The list of verification runs, and who may do what with one.

To add a column: a method below, its name in `list_display`. What a row needs besides the run comes
in one query for the page (`RunChangeList`).
"""

from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.display import NOTHING, moment
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.money import with_separators
from payments.models import NOT_ENDED, RunStatus, VerificationRun
from payments.selectors.verification_runs.progress import Counts, counts_of

from .display import asker, filter_words, run_badge

# The list by where its runs stand: words and query of each.
VIEWS = (
    (_("All runs"), ""),
    (_("Not ended"), f"status__in={','.join(NOT_ENDED)}"),
    (RunStatus.DONE.label, f"status={RunStatus.DONE}"),
    (RunStatus.STOPPED.label, f"status={RunStatus.STOPPED}"),
)


class RunChangeList(ChangeList):
    """A page of runs with the counts of each."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts = counts_of(run.pk for run in self.result_list)
        for run in self.result_list:
            words = filter_words(run.query)
            vars(run)["row_facts"] = (counts[run.pk], words)


class RunList(ReadOnlyAdmin):
    """Newest first."""

    list_display = ["number", "asked", "who", "filter", "progress", "state", "differences"]
    list_per_page = 25
    sortable_by = ()

    class Media:
        css = {"all": ["payments/admin/components/card.css", "payments/admin/components/run.css"]}

    def has_verify_permission(self, request: HttpRequest) -> bool:
        """Ask the gateway, and so: pause, resume, stop, ask again."""
        return request.user.has_perm("payments.verify_payment")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Take results out of the house."""
        return request.user.has_perm("payments.export_payment")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with its views above it."""
        current = unquote(request.GET.urlencode())
        views = [(words, f"?{query}", query == current) for words, query in VIEWS]
        return super().changelist_view(request, {"views": views} | (extra_context or {}))

    @admin.display(description=_("number"))
    def number(self, run: VerificationRun) -> str:
        return f"#{run.pk}"

    @admin.display(description=_("asked for"))
    def asked(self, run: VerificationRun) -> SafeString | str:
        return moment(run.requested_at)

    @admin.display(description=_("asked for by"))
    def who(self, run: VerificationRun) -> str:
        return asker(run)

    @admin.display(description=_("filter"))
    def filter(self, run: VerificationRun) -> SafeString | str:
        words = _facts(run)[1]
        if not words:
            return str(_("All payments"))
        part = '<span class="filter-part"><span class="soft">{}</span> {}</span>'
        return format_html_join(" ", part, words)

    @admin.display(description=_("progress"))
    def progress(self, run: VerificationRun) -> SafeString:
        settled = _facts(run)[0].settled
        return format_html(
            '<progress value="{}" max="{}" aria-hidden="true"></progress>'
            '<span class="won">{} / {}</span>',
            str(settled),
            str(run.total or 1),
            with_separators(settled),
            with_separators(run.total),
        )

    @admin.display(description=pgettext_lazy("work", "Status"))
    def state(self, run: VerificationRun) -> SafeString:
        return run_badge(run)

    @admin.display(description=pgettext_lazy("count", "Differences"))
    def differences(self, run: VerificationRun) -> SafeString | str:
        """How many do not agree or were not found, as a link to them."""
        counts = _facts(run)[0]
        if not counts.differences:
            return "0" if counts.settled else NOTHING
        page = reverse("admin:payments_verificationrun_change", args=[run.pk])
        words = with_separators(counts.differences)
        return format_html('<a href="{}#results" class="differs">{}</a>', page, words)


def _facts(run: VerificationRun) -> tuple[Counts, list[tuple[str, str]]]:
    facts: tuple[Counts, list[tuple[str, str]]] = vars(run)["row_facts"]
    return facts
