"""The webhook inbox: what was posted to us and what came of it. Only shown, never edited.

Its rows are written by `services.inbox`. To add a column: a method below, its name in
`list_display`.
"""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.models import WebhookDelivery

from .readonly import ReadOnlyAdmin
from .widgets import NOTHING, moment, outcome_badge


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries, newest first; searched by either id, whole, so that the index answers."""

    list_display = [
        "received",
        "result",
        "imp_uid",
        "merchant_uid",
        "claimed_status",
        "of_payment",
        "attempts",
    ]
    list_select_related = ["payment"]
    list_filter = ["outcome"]
    search_fields = ["imp_uid__exact", "merchant_uid__exact"]
    search_help_text = _("The whole PortOne payment id or order number.")
    sortable_by = ()
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "received",
                    "result",
                    "of_payment",
                    "imp_uid",
                    "merchant_uid",
                    "claimed_status",
                    "cancellation_id",
                ]
            },
        ),
        (_("What was posted"), {"fields": ["remote_address", "content_type", "raw_body"]}),
        (_("What came of it"), {"fields": ["attempts", "processed", "error"]}),
    ]

    @admin.display(description=_("received"))
    def received(self, delivery: WebhookDelivery) -> SafeString | str:
        return moment(delivery.received_at)

    @admin.display(description=_("processed"))
    def processed(self, delivery: WebhookDelivery) -> SafeString | str:
        return moment(delivery.processed_at)

    @admin.display(description=_("outcome"))
    def result(self, delivery: WebhookDelivery) -> SafeString:
        return outcome_badge(delivery)

    @admin.display(description=_("payment"))
    def of_payment(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.payment is None:
            return NOTHING
        address = reverse("admin:payments_payment_change", args=[delivery.payment_id])
        return format_html('<a href="{}">{}</a>', address, delivery.payment)

    @admin.display(description=_("body"))
    def raw_body(self, delivery: WebhookDelivery) -> SafeString:
        return format_html('<pre class="raw">{}</pre>', delivery.body)

    def get_readonly_fields(
        self, request: HttpRequest, obj: WebhookDelivery | None = None
    ) -> list[str]:
        return ["received", "processed", "result", "of_payment", "raw_body"]
