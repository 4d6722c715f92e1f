"""Reconciliations: the list, the form that starts one, the page that shows one working.

Workers do it (`services.reconciliation`); here it is asked for (`start`) and followed (`detail`).
What any run has (progress, pause, resume, stop) is in `shared.runs`. All figures of the list are on
the run's own row. To add a column: a line below, its name in `list_display`.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments import tasks
from payments.admin.shared.columns import column, figure_column
from payments.admin.shared.display import NOTHING, moment
from payments.admin.shared.links import discrepancy_list
from payments.admin.shared.run_display import asker, run_badge
from payments.admin.shared.runs import RunAdmin
from payments.core.db.clock import database_now
from payments.core.money import with_separators
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import differences_of, discrepancies_of, figure
from payments.services.reconciliation import control

from . import detail
from .lines import lines
from .start import start


def _state(run: ReconciliationRun) -> SafeString:
    """With how far it is, until it has ended."""
    if run.finished_at is not None:
        return run_badge(run)
    percent = int(run.progress * 100)
    bar = '{} <progress value="{}" max="100" aria-hidden="true"></progress>'
    return format_html(f'{bar}<span class="won">{{}}%</span>', run_badge(run), percent, percent)


def _number(run: ReconciliationRun, name: str) -> str:
    return with_separators(figure(run, name))


def _unknown(run: ReconciliationRun) -> SafeString | str:
    number = _number(run, "unknown")
    return format_html('<strong class="unsure">{}</strong>', number) if number != "0" else number


def _differences(run: ReconciliationRun) -> SafeString | str:
    """How many, and of which bucket; a link to them."""
    by_bucket = differences_of(run)
    if not by_bucket:
        return "0" if run.cursor is not None else NOTHING
    parts = ((bucket.label, with_separators(number)) for bucket, number in by_bucket.items())
    return format_html(
        '<a href="{}" class="differs">{}</a><span class="small">{}</span>',
        discrepancy_list(f"state=all&run={run.pk}"),
        with_separators(discrepancies_of(run)),
        format_html_join(" · ", "{} {}", parts),
    )


def _asked(run: ReconciliationRun) -> SafeString:
    """Who, and when."""
    when = moment(run.requested_at)
    return format_html('{}<span class="small soft">{}</span>', asker(run), when)


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

    span = column(str, _("days"))
    state = column(_state, pgettext_lazy("run", "status"))
    read = figure_column(
        _("read: here / gateway"), lambda run: f"{_number(run, 'ours')} / {_number(run, 'theirs')}"
    )
    agree = figure_column(_("agree"), lambda run: _number(run, "agree"))
    moved_number = figure_column(
        pgettext_lazy("column of reconciliations", "moved"), lambda run: _number(run, "moved")
    )
    unknown_number = figure_column(_("no answer"), _unknown)
    differences = figure_column(
        pgettext_lazy("column of reconciliations", "discrepancies"), _differences
    )
    asked = column(_asked, _("asked for by"))

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(("start/", start, "start"), ("<int:pk>/lines/", lines, "lines"))
        return [*ours, *super().get_urls()]

    def live_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return detail.live(run, database_now())

    def page_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        return super().page_context(request, run) | {"ids": detail.ids(run, request)}
