"""The webhooks: what was posted to us and what came of it. Shown, and processed again on request.

Its rows are written by `services.webhooks`; the page of one is put together in `detail`, what can
be done is in `replay`. To add a
column: a line below, its name in `list_display`.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.columns import column, right
from payments.admin.shared.display import NOTHING, code, moment, outcome_badge
from payments.admin.shared.links import row_page
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

    received = column(lambda delivery: moment(delivery.received_at), _("received"))
    result = column(outcome_badge, _("outcome"))
    claim = column(lambda delivery: claimed_status(delivery.claimed_status), _("claimed status"))
    attempt = column(lambda delivery: code(delivery.imp_uid), _("PortOne payment id"))
    tries = column(
        lambda delivery: f"{delivery.attempts:,}" if delivery.attempts else NOTHING, _("attempts")
    )

    def get_urls(self) -> list[URLPattern]:
        return self.screens(("<int:pk>/replay/", replay, "replay")) + super().get_urls()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also what one request to process many again was about."""
        return lookup == BATCH or super().lookup_allowed(lookup, value, request)

    def page_context(self, request: HttpRequest, delivery: WebhookDelivery) -> dict[str, Any]:
        return detail(delivery, request)

    @admin.display(description=_("order number"))
    def order(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.payment is None:
            return code(delivery.merchant_uid)
        url = row_page(delivery.payment.pk)
        return format_html('<a href="{}">{}</a>', url, code(str(delivery.payment)))
