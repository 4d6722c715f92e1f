"""The page before an export: what will be in the file, why it is taken, personal data or not.

A GET shows, a POST records and streams. Which payments it is about is `selection`, the
file's columns are in `resource`.
"""

from itertools import chain
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared import personal_data as personal
from payments.admin.shared.access import require, staff
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.core.db.paginator import BoundedPaginator
from payments.core.kst import day_of
from payments.models import AccessKind, Payment, PersonalDataAccess
from payments.services.access_log import record_access

from .actions import MAX_EXPORTED
from .resource import PaymentResource
from .selection import Chosen, PaymentChoice

TEMPLATE = "admin/payments/payment/export.html"
MASKED, UNMASKED = "masked", "unmasked"


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


def columns() -> list[str]:
    """The header of the file, in the reader's language."""
    return [capfirst(name) for name in PaymentResource().get_export_headers()]


def csv_response(
    *, payments: QuerySet[Payment], access: PersonalDataAccess
) -> StreamingHttpResponse:
    """Stream `payments` in their order, with personal data only if `access` says so."""
    resource = PaymentResource(unmasked=access.unmasked)
    name = f"payments-{day_of(timezone.now()):%Y-%m-%d}.csv"
    rows = chain.from_iterable(resource.blocks(payments, CHUNK))
    return streamed(name=name, header=columns(), rows=rows, access=access)
