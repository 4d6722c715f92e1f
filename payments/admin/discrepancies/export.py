"""The CSV of exactly the discrepancies that the list shows, its reason on record before it leaves.

A GET shows the page, a POST records and streams. The set is the list's own for the filter in the
URL. The file is written as that of payments is (`shared.csv_file`); its columns are in
`DiscrepancyResource`. It holds no personal data.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override, pgettext_lazy
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Resource

from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.cells import MomentCell, TextCell, WonCell
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.admin.shared.links import discrepancy_list
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.db.paginator import BoundedPaginator
from payments.core.kst import day_of
from payments.core.money import won
from payments.models import AccessKind, Bucket, ClosingReason, Discrepancy
from payments.selectors.discrepancies import figures
from payments.services.access_log import record_access

from .changelist import DiscrepancyChangeList

TEMPLATE = "admin/payments/discrepancy/export.html"


class _Label(TextCell):
    """A code in words."""

    def __init__(self, label_of: Callable[[Any], Any]) -> None:
        super().__init__()
        self._label_of = label_of

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return super().render(self._label_of(value) if value not in ("", None) else "")


class _Figure(TextCell):
    """One figure of one side; a number stays a number."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        figure = (figures(value) or {}).get(self._name)
        if isinstance(figure, int) and not isinstance(figure, bool):
            return figure
        return super().render("" if figure is None else figure)


def _side(attribute: str, name: str, header: Any) -> Any:
    return Field(attribute, header, _Figure(name))


def _codes(buckets: Sequence[Bucket]) -> str:
    return " ".join(buckets)


def _words(buckets: Sequence[Bucket]) -> str:
    return ", ".join(str(bucket.label) for bucket in buckets)


class DiscrepancyResource(Resource):  # type: ignore[misc]
    """One discrepancy as one row. Buckets, statuses and reasons are codes, words beside them."""

    merchant_uid = Field("merchant_uid", gettext_lazy("order number"), TextCell())
    imp_uid = Field("imp_uid", gettext_lazy("PortOne payment id"), TextCell())
    bucket = Field("buckets", gettext_lazy("what differs"), _Label(_codes))
    bucket_words = Field("buckets", gettext_lazy("what differs, in words"), _Label(_words))
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
        _Label(lambda is_open: "open" if is_open else "closed"),
    )
    closed_at = Field("closed_at", pgettext_lazy("column", "closed"), MomentCell())
    closing_reason = Field("closing_reason", gettext_lazy("reason"), TextCell())
    closing_words = Field(
        "closing_reason",
        gettext_lazy("reason in words"),
        _Label(lambda code: ClosingReason(code).label),
    )


@staff_view("view", "export")
def export(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The page (GET) or the file (POST); the list if its filter makes no sense."""
    list_url = discrepancy_list(request.GET.urlencode())
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url)
    assert isinstance(changelist, DiscrepancyChangeList)
    if not changelist.is_understood:
        return HttpResponseRedirect(list_url)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        return _file(request, changelist.queryset, form.cleaned_data["reason"])
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Export discrepancies"),
        form=form,
        labels=changelist.labelled_terms,
        number=BoundedPaginator(changelist.queryset, 1),
        amount_at_risk=won(changelist.totals.amount),
        columns=_columns(),
        list_url=list_url,
    )


def _columns() -> list[str]:
    return [capfirst(name) for name in DiscrepancyResource().get_export_headers()]


def _rows(discrepancies: QuerySet[Discrepancy], language: str | None) -> Iterator[list[Any]]:
    """In this language: the reader's is no longer active while the file streams."""
    resource = DiscrepancyResource()
    rows = discrepancies.select_related("owner").prefetch_related("lines")
    for discrepancy in rows.iterator(chunk_size=CHUNK):
        with override(language):
            row = resource.export_resource(discrepancy)
        yield row


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
    rows = _rows(discrepancies, get_language())
    return streamed(name=name, header=_columns(), rows=rows, access=access)
