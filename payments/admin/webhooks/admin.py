"""The webhooks: what was posted to us and what came of it. Only shown, never edited.

Its rows are written by `services.webhooks`; the page of one is put together in `detail`. To add a
column: a method below, its name in `list_display`.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.display import NOTHING, code, moment, outcome_badge
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.models import WebhookDelivery

from .detail import claimed_status, detail


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries, newest first; searched by either id, whole, so that the index answers."""

    class Media:
        css = {"all": ["payments/admin/page.css"]}

    list_display = ["received", "result", "claim", "order", "attempt", "tries"]
    list_select_related = ["payment"]
    list_filter = ["outcome"]
    search_fields = ["imp_uid__exact", "merchant_uid__exact"]
    search_help_text = _("The whole PortOne payment id or order number.")
    sortable_by = ()
    nothing = _("No webhook has come in yet. What the gateway posts will appear here.")
    fieldsets = ((None, {"fields": ()}),)  # the page is `detail`, not a form

    def page_context(self, request: HttpRequest, delivery: WebhookDelivery) -> dict[str, Any]:
        return detail(delivery, request)

    @admin.display(description=_("received"))
    def received(self, delivery: WebhookDelivery) -> SafeString | str:
        return moment(delivery.received_at)

    @admin.display(description=_("outcome"))
    def result(self, delivery: WebhookDelivery) -> SafeString:
        return outcome_badge(delivery)

    @admin.display(description=_("claimed status"))
    def claim(self, delivery: WebhookDelivery) -> str:
        return claimed_status(delivery.claimed_status)

    @admin.display(description=_("order number"))
    def order(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.payment is None:
            return code(delivery.merchant_uid)
        url = reverse("admin:payments_payment_change", args=[delivery.payment_id])
        return format_html('<a href="{}">{}</a>', url, code(str(delivery.payment)))

    @admin.display(description=_("PortOne payment id"))
    def attempt(self, delivery: WebhookDelivery) -> SafeString | str:
        return code(delivery.imp_uid)

    @admin.display(description=_("attempts"))
    def tries(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.attempts:,}" if delivery.attempts else NOTHING
