"""Reconciliations: the list, the form that starts one, the page that shows one working.

Workers do it (`services.reconciliation`); here it is asked for (`start`) and followed (`detail`).
What any run has (progress, pause, resume, stop) is in `shared.runs`. All figures of the list are on
the run's own row. To add a column: a method below, its name in `list_display`.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments import tasks
from payments.admin.shared.display import NOTHING, moment, named
from payments.admin.shared.run_display import asker, run_badge
from payments.admin.shared.runs import RunAdmin
from payments.core.money import with_separators
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import differences_of, figure
from payments.services.reconciliation import control

from . import detail
from .start import start


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(RunAdmin):
    """Reconciliations, newest first."""

    enqueue = staticmethod(tasks.queue_reconciliation)
    stop_run = staticmethod(control.stop)

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
                "payments/admin/screens/reconciliation.css",
            ]
        }

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Start one, and so: pause, resume, stop."""
        return request.user.has_perm("payments.start_reconciliation")

    def get_urls(self) -> list[URLPattern]:
        return [*self.screens(("start/", start, "start")), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {"may_start": self.has_control_permission(request)}
        return super().changelist_view(request, may | (extra_context or {}))

    def live_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return detail.live(run, timezone.now())

    def page_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return {
            **super().page_context(request, run),
            **self.live_context(request, run),
            "ids": detail.ids(run, request),
        }

    @admin.display(description=_("days"))
    def span(self, run: ReconciliationRun) -> str:
        return str(run)

    @admin.display(description=_("asked for by"))
    def asked(self, run: ReconciliationRun) -> SafeString:
        """Who, and when."""
        when = moment(run.requested_at)
        return format_html('{}<span class="small soft">{}</span>', asker(run), when)

    @admin.display(description=pgettext_lazy("run", "status"))
    def state(self, run: ReconciliationRun) -> SafeString:
        """With how far it is, until it has ended."""
        if run.finished_at is not None:
            return run_badge(run)
        percent = int(run.progress * 100)
        bar = '{} <progress value="{}" max="100" aria-hidden="true"></progress>'
        return format_html(f'{bar}<span class="won">{{}}%</span>', run_badge(run), percent, percent)

    @admin.display(description=_("read: here / gateway"))
    def read(self, run: ReconciliationRun) -> SafeString:
        read = (with_separators(figure(run, name)) for name in ("ours", "theirs"))
        return named(_("read: here / gateway"), " / ".join(read))

    @admin.display(description=_("agree"))
    def agree(self, run: ReconciliationRun) -> SafeString:
        return named(_("agree"), with_separators(figure(run, "agree")))

    @admin.display(description=pgettext_lazy("column of reconciliations", "moved"))
    def moved_number(self, run: ReconciliationRun) -> SafeString:
        name = pgettext_lazy("column of reconciliations", "moved")
        return named(name, with_separators(figure(run, "moved")))

    @admin.display(description=_("no answer"))
    def unknown_number(self, run: ReconciliationRun) -> SafeString:
        number = with_separators(figure(run, "unknown"))
        is_unsure = format_html('<strong class="unsure">{}</strong>', number)
        return named(_("no answer"), is_unsure if number != "0" else number)

    @admin.display(description=pgettext_lazy("column of reconciliations", "discrepancies"))
    def differences(self, run: ReconciliationRun) -> SafeString:
        """How many, and of which bucket; a link to them."""
        name = pgettext_lazy("column of reconciliations", "discrepancies")
        by_bucket = differences_of(run)
        if not by_bucket:
            return named(name, "0" if run.cursor is not None else NOTHING)
        parts = ((bucket.label, with_separators(number)) for bucket, number in by_bucket.items())
        number = format_html(
            '<a href="{}?state=all&amp;run={}" class="differs">{}</a><span class="small">{}</span>',
            reverse("admin:payments_discrepancy_changelist"),
            run.pk,
            with_separators(sum(by_bucket.values())),
            format_html_join(" · ", "{} {}", parts),
        )
        return named(name, number)
