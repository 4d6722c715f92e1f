"""The CSV of exactly the discrepancies that the list shows, its reason on record before it leaves.

A GET shows the page, a POST records and streams. The set is the list's own for the filter in the
address. The file is written as the payments' own is (`export`); its columns are in
`DiscrepancyResource`. It holds no personal data.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from import_export.fields import Field
from import_export.resources import Resource

from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff
from payments.admin.shared.cells import MomentCell, TextCell, WonCell
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.core.db.paginator import BoundedPaginator
from payments.core.kst import day_of
from payments.core.money import won
from payments.models import AccessKind, Bucket, ClosingReason, Discrepancy
from payments.selectors.discrepancies import figures
from payments.services.access_log import record_access

from .changelist import DiscrepancyChangeList
from .list import DiscrepancyList

TEMPLATE = "admin/payments/discrepancy/export.html"


class _Words(TextCell):
    """A code in words."""

    def __init__(self, say: Callable[[Any], Any]) -> None:
        super().__init__()
        self._say = say

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return super().render(self._say(value) if value not in ("", None) else "")


class _Figure(TextCell):
    """One figure of one side; a number stays a number."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        told = (figures(value) or {}).get(self._name)
        if isinstance(told, int) and not isinstance(told, bool):
            return told
        return super().render("" if told is None else told)


def _side(attribute: str, name: str, header: Any) -> Any:
    return Field(attribute, header, _Figure(name))


class DiscrepancyResource(Resource):  # type: ignore[misc]
    """One discrepancy as one row. Buckets, statuses and reasons are codes, words beside them."""

    merchant_uid = Field("merchant_uid", gettext_lazy("order number"), TextCell())
    imp_uid = Field("imp_uid", gettext_lazy("PortOne payment id"), TextCell())
    bucket = Field("bucket", gettext_lazy("what differs"), TextCell())
    bucket_words = Field(
        "bucket", gettext_lazy("what differs, in words"), _Words(lambda code: Bucket(code).label)
    )
    amount = Field("amount", gettext_lazy("at stake"), WonCell())
    our_status = _side("ours", "status", gettext_lazy("our status"))
    our_amount = _side("ours", "amount", gettext_lazy("our amount"))
    our_refund = _side("ours", "cancelled_amount", gettext_lazy("our refunded amount"))
    their_status = _side("theirs", "status", gettext_lazy("the gateway's status"))
    their_amount = _side("theirs", "amount", gettext_lazy("the gateway's amount"))
    their_refund = _side(
        "theirs", "cancelled_amount", gettext_lazy("the gateway's refunded amount")
    )
    their_currency = _side("theirs", "currency", gettext_lazy("the gateway's currency"))
    found_at = Field("found_at", pgettext_lazy("column", "found"), MomentCell())
    seen_at = Field("seen_at", gettext_lazy("last seen"), MomentCell())
    run = Field("run_id", gettext_lazy("found by the reconciliation"), TextCell())
    owner = Field("owner", gettext_lazy("owner"), TextCell())
    state = Field(
        "is_open",
        pgettext_lazy("discrepancies", "state"),
        _Words(lambda is_open: "open" if is_open else "closed"),
    )
    closed_at = Field("closed_at", pgettext_lazy("column", "closed"), MomentCell())
    closing_reason = Field("closing_reason", gettext_lazy("reason"), TextCell())
    closing_words = Field(
        "closing_reason",
        gettext_lazy("reason in words"),
        _Words(lambda code: ClosingReason(code).label),
    )


class DiscrepancyExport(DiscrepancyList):
    """Taking discrepancies out of the house."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="payments_discrepancy_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The page (GET) or the file (POST); the list if its filter makes no sense."""
        require(self.has_view_permission(request) and self.has_export_permission(request))
        address, query = reverse("admin:payments_discrepancy_changelist"), request.GET.urlencode()
        list_address = f"{address}?{query}" if query else address
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(list_address)
        assert isinstance(found, DiscrepancyChangeList)
        if not found.is_understood:
            return HttpResponseRedirect(list_address)
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            return _file(request, found.queryset, form.cleaned_data["reason"])
        return self._export_page(request, found, form, list_address)

    def _export_page(
        self,
        request: HttpRequest,
        found: DiscrepancyChangeList,
        form: ReasonForm,
        list_address: str,
    ) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Export discrepancies"),
            "form": form,
            "words": found.labelled_terms,
            "number": BoundedPaginator(found.queryset, 1),
            "at_stake": won(found.totals.amount),
            "columns": _columns(),
            "list_address": list_address,
        }
        return TemplateResponse(request, TEMPLATE, context)


def _columns() -> list[str]:
    return [capfirst(name) for name in DiscrepancyResource().get_export_headers()]


def _rows(discrepancies: QuerySet[Discrepancy]) -> Iterator[list[Any]]:
    resource = DiscrepancyResource()
    for one in discrepancies.select_related("owner").iterator(chunk_size=CHUNK):
        yield resource.export_resource(one)


def _file(
    request: HttpRequest, discrepancies: QuerySet[Discrepancy], reason: str
) -> HttpResponseBase:
    """Record first: the file must not leave unless the record is there."""
    access = record_access(
        actor=staff(request),
        kind=AccessKind.EXPORTED,
        reason=reason,
        unmasked=False,
        query=f"discrepancies?{request.GET.urlencode()}",
        rows=BoundedPaginator(discrepancies, 1).count,
        remote_address=personal_data.remote_address(request),
    )
    name = f"discrepancies-{day_of(timezone.now()):%Y-%m-%d}.csv"
    return streamed(name=name, header=_columns(), rows=_rows(discrepancies), access=access)
