"""The screen of movements: money as it moved, day by day. Only shown; the ledger writes it.

To add a column: a line below, its name in `list_display`; one of the file is in `resource`.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments import pg_providers
from payments.admin.shared.columns import column, right
from payments.admin.shared.display import badge, code, moment, pay_method, signed_won
from payments.admin.shared.filtered import FilteredAdmin
from payments.admin.shared.links import row_page
from payments.models import Movement
from payments.selectors.movements import with_text
from payments.states import MovementKind

from .changelist import BareChangeList, MovementChangeList
from .export import export
from .totals import show_totals

_TOTALS = "payments_movement_totals"
_LOOKS = {
    MovementKind.APPROVAL: "good",
    MovementKind.REFUND: "note",
    MovementKind.REFUND_REVERSAL: "wait",
    MovementKind.CORRECTION: "quiet",
}


def kind_cell(movement: Movement) -> SafeString:
    """The kind; beneath it what is unusual about the row."""
    kind = MovementKind(movement.kind)
    notes = [
        _("Another attempt") if not movement.is_own else "",
        _("Derived from a sum") if movement.is_derived else "",
        _("Test payment") if movement.is_test else "",
    ]
    note = " · ".join(filter(None, notes))
    return format_html('{}<span class="small">{}</span>', badge(_LOOKS[kind], kind.label), note)


def order_cell(movement: Movement) -> SafeString:
    """The payment, beneath it the attempt."""
    return format_html(
        '<a href="{}"><code class="id">{}</code></a><span class="small"><code>{}</code></span>',
        row_page(movement.payment_id),
        movement.payment,
        movement.imp_uid,
    )


def way_cell(movement: Movement) -> SafeString:
    """By which method and PG."""
    return format_html(
        '{}<span class="small">{}</span>',
        pay_method(movement.pay_method),
        " ".join(filter(None, [pg_providers.label(movement.pg_provider), movement.pg_id])),
    )


def ids_cell(movement: Movement) -> SafeString:
    """By which the PG's sheet knows it; the approval number is that of the order's own attempt."""
    approval = movement.payment.apply_num if movement.is_own else ""
    return format_html(
        '{}<span class="small">{}</span>',
        code(movement.pg_tid) if movement.pg_tid or not approval else "",
        _("Approval %(number)s") % {"number": approval} if approval else "",
    )


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

    when = column(lambda movement: moment(movement.happened_at), gettext_lazy("happened"))
    what = column(kind_cell, pgettext_lazy("movements", "kind"))
    amount_words = column(
        lambda movement: signed_won(movement.amount), pgettext_lazy("movement", "amount")
    )
    order = column(order_cell, gettext_lazy("order number"))
    way = column(way_cell, gettext_lazy("payment method"))
    tid = column(ids_cell, gettext_lazy("PG transaction id"))

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
