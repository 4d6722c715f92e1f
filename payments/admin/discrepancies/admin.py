"""The screens of discrepancies as one ModelAdmin: the queue, the page of one, what leads from them.

Nothing is edited here: what can happen to a discrepancy happens in `services.discrepancies.queue`.
To add a column: its heading below, its name in `list_display`, its cell in rows.html. To add a
button or a page: a function in this folder under `@staff_view`, its line in `get_urls`. To add a
permission: its name on the model, a line here.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.columns import column, heading, right
from payments.admin.shared.filtered import FilteredAdmin
from payments.admin.shared.list_table import tick_box
from payments.admin.shared.tabs import Presets, preset_tabs
from payments.core.text import whole_number
from payments.models import Discrepancy

from .bulk import ACTIONS, bar, with_version
from .changelist import BareChangeList, DiscrepancyChangeList
from .detail import detail, import_button
from .export import export
from .filters import DiscrepancyFilter
from .forms import CloseForm, OwnerForm, TextForm
from .import_payment import import_payment
from .neighbours import neighbours
from .next_steps import Asker, steps_context
from .people import find_people
from .resolve import assign, close, reopen, verify

# What everybody looks at every day; others can be shared as a URL.
_TABS: Presets = (
    (pgettext_lazy("discrepancies", "Open"), ""),
    (pgettext_lazy("owner", "Mine"), "owner=me"),
    (pgettext_lazy("owner", "Nobody's"), "owner=nobody"),
    (pgettext_lazy("discrepancies", "Closed"), "state=closed"),
    (pgettext_lazy("discrepancies", "Open and closed"), "state=all"),
)

# Where the list's set is needed, but no page of it.
WITHOUT_ROWS = {f"payments_discrepancy_{name}" for name in ("change", "close", "take_in")}


@admin.register(Discrepancy)
class DiscrepancyAdmin(FilteredAdmin):
    """Discrepancies as staff see them."""

    actions = ACTIONS
    # The names of the columns are classes in the page, too, and `links.OLDEST_FIRST` names one by
    # its place.
    list_display = ["order", "what", "ours_words", "theirs_words", "difference", "age", "whose"]
    list_display_links = ["order"]
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

    # In the place of the box to tick: columns are sorted by their places, the same for everybody.
    no_box = column(lambda row: "", "")
    # Their cells are in templates/admin/payments/discrepancy/rows.html.
    order = heading(gettext_lazy("order number"))
    what = heading(gettext_lazy("what differs"))
    ours_words = heading(pgettext_lazy("side", "Ours"))
    theirs_words = heading(pgettext_lazy("side", "Gateway"))
    difference = heading(gettext_lazy("difference"), ordering="amount")
    age = heading(gettext_lazy("age"), ordering="-found_at")
    whose = heading(gettext_lazy("owner and state"))

    has_work_permission = right("payments.work_discrepancy")
    has_export_permission = right("payments.export_discrepancy")
    has_import_permission = right("payments.take_in_discrepancy")
    has_verify_permission = right("payments.verify_payment")

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
        match = request.resolver_match
        is_bare = match is not None and match.url_name in WITHOUT_ROWS
        return BareChangeList if is_bare else DiscrepancyChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        boxes = [] if self.has_work_permission(request) else ["no_box"]
        return [*boxes, *super().get_list_display(request)]

    def action_checkbox(self, row: Discrepancy) -> SafeString:
        """The box to tick; none where nothing can be done any more."""
        return with_version(row, tick_box(row)) if row.is_open else SafeString("")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        context = {
            "media": self.media + DiscrepancyFilter.base_filters["person"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "filters": request.GET.urlencode(),
            "tabs": list(preset_tabs(request, _TABS)),
        }
        if self.has_work_permission(request):
            context |= bar(request)
        return context

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Discrepancy | None:
        """With everything that its page names, in one query."""
        if (pk := whole_number(object_id)) is None:
            return None
        rows = Discrepancy.objects.select_related("owner", "payment", "run")
        return rows.prefetch_related("lines").filter(pk=pk).first()

    def page_context(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        return {
            "title": str(discrepancy),
            **detail(discrepancy, request),
            **neighbours(self, request, discrepancy),
            **self._allowed_actions(request, discrepancy),
        }

    def _allowed_actions(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        """What this person may do now, and the forms for it."""
        may_work, seen = self.has_work_permission(request), {"version": discrepancy.version}
        may_import = self.has_import_permission(request)
        may_verify = bool(discrepancy.payment) and self.has_verify_permission(request)
        owner = {"owner": discrepancy.owner_id}
        importing = import_button(discrepancy, may_work=may_work, may_import=may_import)
        asker = Asker(request, discrepancy, may_verify=may_verify, importing=importing)
        return steps_context(asker) | {
            "may_work": may_work,
            "may_own": may_work and discrepancy.is_open,
            "is_mine": discrepancy.owner_id == request.user.pk,
            "may_close": may_work and discrepancy.is_open,
            "may_reopen": may_work and not discrepancy.is_open,
            "may_verify": may_verify,
            "owner_form": OwnerForm(initial=seen | owner, auto_id="own_%s"),
            "close_form": CloseForm(initial=seen, auto_id="close_%s"),
            "reopen_form": TextForm(initial=seen, auto_id="reopen_%s"),
        }
