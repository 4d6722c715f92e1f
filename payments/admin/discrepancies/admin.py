"""The screens of discrepancies as one ModelAdmin: the queue, the page of one, what leads from them.

Nothing is edited here: what can happen to a discrepancy happens in `services.discrepancies.queue`.
To add a column: a method, its name in `list_display`. To add a button or a page: a function in this
folder under `@staff_view`, its line in `get_urls`. To add a permission: its name on the model, a
method here.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.discrepancy_display import (
    bucket_badge,
    closing_label,
    difference_label,
    found_ago,
    owner_label,
    state_badge,
)
from payments.admin.shared.display import email_cell, moment
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.tabs import Presets, preset_tabs
from payments.core.text import whole_number
from payments.models import Discrepancy
from payments.selectors.reconciliation import last_done

from .changelist import DiscrepancyChangeList
from .detail import detail, import_button
from .display import named_side
from .export import export
from .filters import DiscrepancyFilter
from .forms import CloseForm, OwnerForm, TextForm
from .import_payment import import_payment
from .people import find_people
from .resolve import assign, close, reopen, verify
from .totals import totals_bar

# What everybody looks at every day; others can be shared as a URL.
_TABS: Presets = (
    (pgettext_lazy("discrepancies", "Open"), ""),
    (pgettext_lazy("owner", "Mine"), "owner=me"),
    (pgettext_lazy("owner", "Nobody's"), "owner=nobody"),
    (pgettext_lazy("discrepancies", "Closed"), "state=closed"),
    (pgettext_lazy("discrepancies", "Open and closed"), "state=all"),
)


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    """Discrepancies as staff see them."""

    # The names of the columns are classes in the page, too, and `links.OLDEST_FIRST` names one by
    # its place.
    list_display = ["order", "what", "ours_words", "theirs_words", "difference", "age", "whose"]
    list_select_related = ["owner"]
    search_fields = ["merchant_uid__exact", "imp_uid__exact"]
    sortable_by = ["difference", "age"]
    fieldsets = ((None, {"fields": ()}),)  # the page is `detail`, not a form

    class Media:
        css = {
            "all": [
                "payments/admin/components/filters.css",
                "payments/admin/components/chips.css",
                "payments/admin/screens/discrepancies.css",
            ]
        }

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Own discrepancies, close them, open them again."""
        return request.user.has_perm("payments.work_discrepancy")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Export discrepancies."""
        return request.user.has_perm("payments.export_discrepancy")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Make a payment of what is missing here."""
        return request.user.has_perm("payments.take_in_discrepancy")

    def has_verify_permission(self, request: HttpRequest) -> bool:
        """Ask the gateway about a payment."""
        return request.user.has_perm("payments.verify_payment")

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(
            ("people/", find_people, "people"),
            ("export/", export, "export"),
            ("<int:pk>/own/", assign, "own"),
            ("<int:pk>/close/", close, "close"),
            ("<int:pk>/reopen/", reopen, "reopen"),
            ("<int:pk>/verify/", verify, "verify"),
            ("<int:pk>/take-in/", import_payment, "take_in"),
        )
        return [*ours, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DiscrepancyChangeList]:
        return DiscrepancyChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with its totals."""
        context = {
            "media": self.media + DiscrepancyFilter.base_filters["person"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "tabs": list(preset_tabs(request, _TABS)),
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        if isinstance(response, TemplateResponse) and response.context_data:
            changelist = response.context_data.get("cl")
            if isinstance(changelist, DiscrepancyChangeList):
                response.context_data |= {"bar": totals_bar(changelist)}
                response.context_data |= self._last_comparison(request, changelist)
        return response

    def _last_comparison(
        self, request: HttpRequest, changelist: DiscrepancyChangeList
    ) -> dict[str, Any]:
        """What an empty queue rests on; not asked for otherwise."""
        if changelist.result_count or changelist.chips or changelist.problems:
            return {}
        run, may = last_done(), request.user.has_perm
        may_see = may("payments.view_reconciliationrun")
        return {
            "last_run": run,
            "last_ended": moment(run.finished_at) if run else "",
            "may_see_runs": may_see,
            "may_reconcile": may_see and may("payments.start_reconciliation"),
        }

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Discrepancy | None:
        """With everything that its page names, in one query."""
        if (pk := whole_number(object_id)) is None:
            return None
        related = ("owner", "payment", "run")
        return Discrepancy.objects.select_related(*related).filter(pk=pk).first()

    def page_context(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        return {
            "title": str(discrepancy),
            **detail(discrepancy, request),
            **self._allowed_actions(request, discrepancy),
        }

    def _allowed_actions(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        """What this person may do now, and the forms for it."""
        may_work, seen = self.has_work_permission(request), {"version": discrepancy.version}
        may_import = self.has_import_permission(request)
        owner = {"owner": discrepancy.owner_id}
        return import_button(discrepancy, may_work=may_work, may_import=may_import) | {
            "may_work": may_work,
            "may_own": may_work and discrepancy.is_open,
            "is_mine": discrepancy.owner_id == request.user.pk,
            "may_close": may_work and discrepancy.is_open,
            "may_reopen": may_work and not discrepancy.is_open,
            "may_verify": bool(discrepancy.payment) and self.has_verify_permission(request),
            "owner_form": OwnerForm(initial=seen | owner, auto_id="own_%s"),
            "close_form": CloseForm(initial=seen, auto_id="close_%s"),
            "reopen_form": TextForm(initial=seen, auto_id="reopen_%s"),
        }

    @admin.display(description=gettext_lazy("order number"))
    def order(self, discrepancy: Discrepancy) -> SafeString:
        """The order, beneath it the attempt."""
        return format_html(
            '<code class="id">{}</code><span class="small"><code>{}</code></span>',
            discrepancy.merchant_uid,
            discrepancy.imp_uid,
        )

    @admin.display(description=gettext_lazy("what differs"))
    def what(self, discrepancy: Discrepancy) -> SafeString:
        return bucket_badge(discrepancy)

    @admin.display(description=pgettext_lazy("side", "Ours"))
    def ours_words(self, discrepancy: Discrepancy) -> SafeString:
        return named_side(discrepancy, ours=True)

    @admin.display(description=pgettext_lazy("side", "Gateway"))
    def theirs_words(self, discrepancy: Discrepancy) -> SafeString:
        return named_side(discrepancy, ours=False)

    @admin.display(description=gettext_lazy("difference"), ordering="amount")
    def difference(self, discrepancy: Discrepancy) -> str:
        return difference_label(discrepancy)

    @admin.display(description=gettext_lazy("age"), ordering="-found_at")
    def age(self, discrepancy: Discrepancy) -> SafeString:
        return found_ago(discrepancy)

    @admin.display(description=gettext_lazy("owner and state"))
    def whose(self, discrepancy: Discrepancy) -> SafeString:
        """The owner, and where it stands."""
        return format_html(
            '<span class="who{}">{}</span>{}<span class="small soft">{}</span>',
            "" if discrepancy.owner_id else " soft",
            email_cell(owner_label(discrepancy)),
            state_badge(discrepancy),
            closing_label(discrepancy),
        )
