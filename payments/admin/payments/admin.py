"""The payment screens as one ModelAdmin: the list, the page of one payment, what leads from them.

Nothing is edited here: what can happen to a payment happens in `services`. To add a column: its
heading below, its name in `list_display`, its cell in rows.html. To add a button or a page: a
function in this folder under `@staff_view`, its line in `get_urls`. To add a permission: its name
on the model, a line here.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy

from payments.admin.shared import personal_data
from payments.admin.shared.access import LOOKING
from payments.admin.shared.columns import heading, right
from payments.admin.shared.filtered import FilteredAdmin
from payments.admin.shared.links import SHOW_LIST, page_from, taken_out
from payments.admin.shared.tabs import preset_tabs, view_query
from payments.models import Payment
from payments.services.notes import MAX_NOTE
from payments.services.open_orders.mark_failed import NOT_OPEN
from payments.services.saved_views import MAX_NAME
from payments.states import PaymentStatus

from .actions import ACTIONS
from .assign_customer import assign_customer
from .changelist import BareChangeList, PaymentChangeList
from .customers import find_customers
from .detail import detail
from .erase import erase
from .export import export
from .filters import PaymentFilter
from .mark_failed import mark_failed
from .notes import add_note
from .refund_change import confirm_refund_change
from .saved_views import delete_view, save_view
from .start_run import start_run
from .tabs import PRESETS
from .totals import show_totals
from .unmask import mask, unmask
from .verify import verify, verify_row

# Views that need the filtered set and no page of it.
WITHOUT_ROWS = {"payments_payment_totals", "payments_payment_verify_row"}


@admin.register(Payment)
class PaymentAdmin(FilteredAdmin):
    """Payments as staff see them."""

    actions = ACTIONS
    # The names of the columns are classes in the page, too.
    list_display = [
        "merchant_uid",
        "customer",
        "order_name",
        "amount_words",
        "status_words",
        "method",
        "paid",
        "verified",
    ]
    list_select_related = ["user"]
    list_per_page = 50
    search_fields = ["merchant_uid"]  # for others: the list's own search is in `changelist`
    sortable_by = ["amount_words", "paid"]
    fieldsets = ((None, {"fields": ()}),)  # the page is `detail`, not a form

    # Their cells are in templates/admin/payments/payment/rows.html.
    customer = heading(gettext_lazy("customer"))
    order_name = heading(gettext_lazy("order name"))
    amount_words = heading(gettext_lazy("amount"), ordering="amount")
    status_words = heading(gettext_lazy("status"))
    method = heading(gettext_lazy("payment method"))
    paid = heading(gettext_lazy("payment date"), ordering="paid_at")
    verified = heading(gettext_lazy("verification"))
    verify = heading(gettext_lazy("Re-verify"))

    has_verify_permission = right("payments.verify_payment")
    has_mark_failed_permission = right("payments.mark_failed_payment")
    has_export_permission = right("payments.export_payment")
    has_note_permission = right("payments.note_payment")
    has_customer_permission = right("payments.take_in_discrepancy")
    has_confirm_refund_change_permission = right("payments.confirm_refund_change_payment")
    has_unmask_permission = right(personal_data.MAY_UNMASK)
    has_erase_permission = right("payments.erase_payment")

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(
            ("totals/", show_totals, "totals"),
            ("customers/", find_customers, "customers"),
            ("views/", save_view, "save_view"),
            ("views/<int:pk>/delete/", delete_view, "delete_view"),
            ("unmask/", unmask, "unmask"),
            ("mask/", mask, "mask"),
            ("export/", export, "export"),
            ("verify/", start_run, "start_run"),
            ("mark-failed/", mark_failed, "mark_failed"),
            ("<int:pk>/verify/", verify, "verify"),
            ("<int:pk>/verify-row/", verify_row, "verify_row"),
            ("<int:pk>/note/", add_note, "note"),
            ("<int:pk>/refund-change/", confirm_refund_change, "refund_change"),
            ("<int:pk>/customer/", assign_customer, "customer"),
            ("<int:pk>/erase/", erase, "erase"),
        )
        return [*ours, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PaymentChangeList]:
        match = request.resolver_match
        is_bare = match is not None and match.url_name in WITHOUT_ROWS
        return BareChangeList if is_bare else PaymentChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        buttons = ["verify"] if self.has_verify_permission(request) else []
        return [*super().get_list_display(request), *buttons]

    def on_record(self, request: HttpRequest) -> None:
        personal_data.on_record(request)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return personal_data.context(request) | {
            "media": self.media + PaymentFilter.base_filters["user"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "filters": request.GET.urlencode(),
            "saved_query": view_query(request.GET),
            "max_name": MAX_NAME,
        }

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, the views to choose from; its actions run here as well (Django's own way).

        Whoever has searched for a whole id is led on to its payment, unless they come from there.
        """
        leads_on = taken_out(request, SHOW_LIST) is None and request.method in LOOKING
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            if leads_on and (payment := response.context_data["cl"].named):
                return HttpResponseRedirect(page_from(request.GET.urlencode(), payment.pk))
            # Django's frame has read the person's own views already.
            views = response.context_data.get("saved_views", [])
            saved = [tab for tab in views if tab.is_current]
            tabs = [*preset_tabs(request, PRESETS), *saved]
            response.context_data |= {"tabs": tabs, "is_saved": bool(saved)}
        return response

    def page_context(self, request: HttpRequest, payment: Payment) -> dict[str, Any]:
        """Nothing personal has been read yet: Django has only fetched the payment itself."""
        personal_data.on_record(request, payment=payment)
        return {
            **personal_data.context(request),
            **detail(payment, request),
            **self._allowed_actions(request, payment),
        }

    def _allowed_actions(self, request: HttpRequest, payment: Payment) -> dict[str, Any]:
        """What this person may do now; for what only the state forbids, why."""
        may_fail = self.has_mark_failed_permission(request)
        is_open = payment.status == PaymentStatus.READY
        return {
            "may_verify": self.has_verify_permission(request),
            "may_fail": may_fail and is_open,
            "why_not_fail": NOT_OPEN if may_fail and not is_open else "",
            "may_note": self.has_note_permission(request),
            "max_note": MAX_NOTE,
            "may_confirm_refund_change": self.has_confirm_refund_change_permission(request),
            "may_erase": not payment.personal_erased_at and self.has_erase_permission(request),
            "may_decide": payment.user_id is None and self.has_customer_permission(request),
        }
