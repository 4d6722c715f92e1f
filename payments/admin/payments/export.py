"""The page before an export: what will be in the file, why it is taken, personal data or not.

A GET shows, a POST records and streams. Which payments it is about is `chosen`, the file itself is
`export` and `resources`.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared import personal_data as personal
from payments.admin.shared.access import require, staff
from payments.admin.shared.csv_file import columns, csv_response
from payments.core.db.paginator import BoundedPaginator
from payments.models import AccessKind
from payments.services.access_log import MAX_REASON, MIN_REASON, record_access

from .actions import MAX_EXPORTED
from .selection import Chosen, PaymentChoice

TEMPLATE = "admin/payments/payment/export.html"
MASKED, UNMASKED = "masked", "unmasked"


class ReasonForm(forms.Form):
    """Why something is taken out of the house."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "What the file is for, such as “closing March, ticket 1234”. It is kept for good."
        ),
    )


class ExportForm(ReasonForm):
    """Why, and how much of it."""

    personal = forms.ChoiceField(
        label=gettext_lazy("personal data"), widget=forms.RadioSelect, initial=MASKED
    )

    def __init__(self, *args: Any, may_unmask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(MASKED, _("Masked: ho***@example.com"))]
        if may_unmask:
            choices.append((UNMASKED, _("In full: hong@example.com")))
        self.fields["personal"].choices = choices  # type: ignore[attr-defined]


class PaymentExport(PaymentChoice):
    """Taking payments out of the house."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="payments_payment_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The page (GET) or the file (POST); the list if its filter makes no sense."""
        require(self.has_export_permission(request))
        personal.on_record(request)
        wanted = self.chosen(request, limit=MAX_EXPORTED)
        if wanted is None:
            address = reverse("admin:payments_payment_changelist")
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        may_unmask = self.has_unmask_permission(request)
        form = ExportForm(request.POST or None, may_unmask=may_unmask)
        if request.method == "POST" and form.is_valid():
            return _file(request, wanted, form)
        return self._export_page(request, wanted, form)

    def _export_page(
        self, request: HttpRequest, wanted: Chosen, form: ExportForm
    ) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Export payments"),
            "form": form,
            "wanted": wanted,
            "number": BoundedPaginator(wanted.payments, 1),
            "columns": columns(),
        }
        return TemplateResponse(request, TEMPLATE, context)


def _file(request: HttpRequest, wanted: Chosen, form: ExportForm) -> HttpResponseBase:
    """Record first: the file must not leave unless the record is there."""
    access = record_access(
        actor=staff(request),
        kind=AccessKind.EXPORTED,
        reason=form.cleaned_data["reason"],
        unmasked=form.cleaned_data["personal"] == UNMASKED,
        query=wanted.query,
        rows=BoundedPaginator(wanted.payments, 1).count,
        remote_address=personal.remote_address(request),
    )
    return csv_response(payments=wanted.payments, access=access)
