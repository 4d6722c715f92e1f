"""The screen of movements: money as it moved, day by day. Only shown; the ledger writes it.

To add a column: its heading below, its name in `list_display`, its cell in rows.html; one of the
file is in `resource`.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.columns import heading, right
from payments.admin.shared.filtered import FilteredAdmin
from payments.models import Movement
from payments.selectors.movements import with_text

from .changelist import BareChangeList, MovementChangeList
from .export import export
from .totals import show_totals

_TOTALS = "payments_movement_totals"


@admin.register(Movement)
class MovementAdmin(FilteredAdmin):
    """The newest money first."""

    list_display = ["when", "what", "amount_words", "order", "way", "tid", "reason"]
    list_display_links = None
    list_select_related = ["payment"]
    ordering = ["-happened_at", "-pk"]
    sortable_by = ()
    # Django shows its box for one that has fields; what is searched is in the selector.
    search_fields = ["imp_uid__exact"]
    fields = [
        *("when", "what", "amount_words", "order", "way", "tid", "external_id", "reason"),
        *("observed_at", "event_sequence"),
    ]
    readonly_fields = ["when", "what", "amount_words", "order", "way", "tid"]

    class Media:
        css = {
            "all": [
                "payments/admin/components/filters.css",
                "payments/admin/components/chips.css",
                "payments/admin/screens/movements.css",
            ]
        }

    # Their cells are in templates/admin/payments/movement/rows.html.
    when = heading(gettext_lazy("happened"))
    what = heading(pgettext_lazy("movements", "kind"))
    amount_words = heading(pgettext_lazy("movement", "amount"))
    order = heading(gettext_lazy("order number"))
    way = heading(gettext_lazy("payment method"))
    tid = heading(gettext_lazy("PG transaction id"))

    has_export_permission = right("payments.export_payment")

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(("totals/", show_totals, "totals"), ("export/", export, "export"))
        return [*ours, *super().get_urls()]

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"may_export": self.has_export_permission(request)}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Movement], search_term: str
    ) -> tuple[QuerySet[Movement], bool]:
        """By ids alone, each by its index where it has one."""
        return with_text(queryset, search_term), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[MovementChangeList]:
        match = request.resolver_match
        return BareChangeList if match and match.url_name == _TOTALS else MovementChangeList
