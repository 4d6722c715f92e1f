"""The webhooks: what was posted to us and what came of it. Shown, and processed again on request.

Its rows are written by `services.webhooks`; the page of one is put together in `detail`, what can
be done is in `replay`. To add a column: its heading below, its name in `list_display`, its cell in
rows.html.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.columns import column, heading, right
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.models import WebhookDelivery

from .detail import claimed_status, detail
from .replay import BATCH, replay, replay_selected


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries, newest first; searched by either id, whole, so that the index answers."""

    class Media:
        css = {"all": ["payments/admin/components/card.css"]}

    list_display = ["received", "result", "claim", "order", "attempt", "tries"]
    list_select_related = ["payment"]
    list_filter = ["outcome"]
    actions = [replay_selected]
    search_fields = ["imp_uid__exact", "merchant_uid__exact"]
    search_help_text = _("The whole PortOne payment id or order number.")
    sortable_by = ()
    nothing = _("No webhook has come in yet. What the gateway posts will appear here.")
    fieldsets = ((None, {"fields": ()}),)  # the page is `detail`, not a form

    has_replay_permission = right("payments.replay_webhookdelivery")

    # Their cells are in templates/admin/payments/webhookdelivery/rows.html, but for one.
    received = heading(_("received"))
    result = heading(_("outcome"))
    claim = column(lambda delivery: claimed_status(delivery.claimed_status), _("claimed status"))
    order = heading(_("order number"))
    attempt = heading(_("PortOne payment id"))
    tries = heading(_("attempts"))

    def get_urls(self) -> list[URLPattern]:
        return self.screens(("<int:pk>/replay/", replay, "replay")) + super().get_urls()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also what one request to process many again was about."""
        return lookup == BATCH or super().lookup_allowed(lookup, value, request)

    def page_context(self, request: HttpRequest, delivery: WebhookDelivery) -> dict[str, Any]:
        return detail(delivery, request)
