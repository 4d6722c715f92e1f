"""The list of reconciliations, and who may do what with one.

All figures are on the run's own row. To add a column: a method, its name in `list_display`.
"""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.display import NOTHING, moment, named
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.verification_runs.display import asker, run_badge
from payments.core.money import with_separators
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import differences_of, figure


class ReconciliationList(ReadOnlyAdmin):
    """Newest first."""

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
    list_per_page = 25
    sortable_by = ()

    class Media:
        css = {
            "all": [
                "payments/admin/components/run.css",
                "payments/admin/screens/reconciliation.css",
            ]
        }

    def has_start_permission(self, request: HttpRequest) -> bool:
        """Start one, and so: pause, resume, stop."""
        return request.user.has_perm("payments.start_reconciliation")

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
        words = pgettext_lazy("column of reconciliations", "moved")
        return named(words, with_separators(figure(run, "moved")))

    @admin.display(description=_("no answer"))
    def unknown_number(self, run: ReconciliationRun) -> SafeString:
        number = with_separators(figure(run, "unknown"))
        is_unsure = format_html('<strong class="unsure">{}</strong>', number)
        return named(_("no answer"), is_unsure if number != "0" else number)

    @admin.display(description=pgettext_lazy("column of reconciliations", "discrepancies"))
    def differences(self, run: ReconciliationRun) -> SafeString:
        """How many, and of which bucket; a link to them."""
        words = pgettext_lazy("column of reconciliations", "discrepancies")
        found = differences_of(run)
        if not found:
            return named(words, "0" if run.cursor is not None else NOTHING)
        listed = reverse("admin:payments_discrepancy_changelist")
        number = format_html(
            '<a href="{}?state=all&amp;run={}" class="differs">{}</a><span class="small">{}</span>',
            listed,
            run.pk,
            with_separators(sum(found.values())),
            format_html_join(
                " · ", "{} {}", ((one.label, with_separators(n)) for one, n in found.items())
            ),
        )
        return named(words, number)
