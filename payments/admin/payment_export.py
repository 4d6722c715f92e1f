"""The page before an export: what will be in the file, why it is taken, personal data or not.

A GET shows, a POST records and streams. The set is the list's own for the filter in the address
(`PaymentChangeList`), or the payments that were ticked there (`id` in the address). The file itself
is `export` and `resources`.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.models import AccessKind, Payment
from payments.services.access import MAX_REASON, MIN_REASON, record_access

from . import personal
from .actions import MAX_EXPORTED, require, staff
from .changelist import PaymentChangeList
from .export import columns, csv_response
from .navigation import list_address
from .payment_permissions import PaymentPermissions
from .readonly import BoundedPaginator

TEMPLATE = "admin/payments/payment/export.html"
PICKED = "id"
MASKED, UNMASKED = "masked", "unmasked"


@dataclass(frozen=True, slots=True)
class ExportSet:
    """What would be in the file; `words` are the filter as (what, its value)."""

    payments: QuerySet[Payment]
    query: str
    words: list[tuple[str, str]]
    list_address: str


class ExportForm(forms.Form):
    """Why, and how much of it."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "What the file is for, such as “closing March, ticket 1234”. It is kept for good."
        ),
    )
    personal = forms.ChoiceField(
        label=gettext_lazy("personal data"), widget=forms.RadioSelect, initial=MASKED
    )

    def __init__(self, *args: Any, may_unmask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(MASKED, _("Masked: ho***@example.com"))]
        if may_unmask:
            choices.append((UNMASKED, _("In full: hong@example.com")))
        self.fields["personal"].choices = choices  # type: ignore[attr-defined]


class PaymentExport(PaymentPermissions):
    """Taking payments out of the house."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="payments_payment_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The page (GET) or the file (POST); the list if its filter makes no sense."""
        require(self.has_export_permission(request))
        personal.on_record(request)
        wanted = self._ticked_set(request) or self._filtered_set(request)
        if wanted is None:
            address = reverse("admin:payments_payment_changelist")
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        may_unmask = self.has_unmask_permission(request)
        form = ExportForm(request.POST or None, may_unmask=may_unmask)
        if request.method == "POST" and form.is_valid():
            return _file(request, wanted, form)
        return self._export_page(request, wanted, form)

    def _ticked_set(self, request: HttpRequest) -> ExportSet | None:
        """The ticked payments, if the address names any."""
        texts = request.GET.getlist(PICKED)
        if not texts:
            return None
        if len(texts) > MAX_EXPORTED:
            raise BadRequest("too many payments for an address: filter instead")
        ids = {int(text) for text in texts if text.isdecimal() and len(text) < 19}
        found = self.get_queryset(request).filter(pk__in=ids).order_by("-pk")
        words = ngettext("%(number)s ticked payment", "%(number)s ticked payments", len(ids))
        return ExportSet(
            payments=found,
            query=request.GET.urlencode(),
            words=[(_("Selection"), words % {"number": len(ids)})],
            list_address=list_address(request),
        )

    def _filtered_set(self, request: HttpRequest) -> ExportSet | None:
        """The list's own set; None where the filter makes no sense."""
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return None
        assert isinstance(found, PaymentChangeList)
        if not found.is_understood(request):
            return None
        query = request.GET.urlencode()
        address = reverse("admin:payments_payment_changelist")
        return ExportSet(
            payments=found.queryset,
            query=query,
            words=_in_words(found),
            list_address=f"{address}?{query}" if query else address,
        )

    def _export_page(
        self, request: HttpRequest, wanted: ExportSet, form: ExportForm
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


def _in_words(found: PaymentChangeList) -> list[tuple[str, str]]:
    """The chips of the list, those of one filter in one line."""
    words: dict[str, list[str]] = {}
    for chip in found.chips:
        words.setdefault(chip.label, []).append(chip.words)
    return [(label, ", ".join(values)) for label, values in words.items()]


def _file(request: HttpRequest, wanted: ExportSet, form: ExportForm) -> HttpResponseBase:
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
