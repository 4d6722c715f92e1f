"""From one discrepancy to the next, in the order and within the filter of the list one came from.

The list's query string travels with the page (`shared.links.FILTERS`). Without one it is the list
as it opens: what is open, the newest first. A filter that makes no sense leads nowhere.
"""

from copy import copy

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared.links import filters_of, list_url, page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.db.neighbours import rows_after, rows_before
from payments.models import Discrepancy

from .changelist import BareChangeList

_MODEL = "discrepancy"


def neighbours(
    model_admin: ReadOnlyAdmin, request: HttpRequest, discrepancy: Discrepancy
) -> dict[str, str]:
    """The pages before and after this one, each "" where there is none."""
    rows = _rows(model_admin, request)
    beside = {
        "previous_url": rows_before(rows, discrepancy),
        "next_url": rows_after(rows, discrepancy),
    }
    return {name: _page(request, _first(rows)) for name, rows in beside.items()}


def go_on(
    model_admin: ReadOnlyAdmin, request: HttpRequest, closed: Discrepancy, said: str | SafeString
) -> str:
    """Where one goes on after closing one: the next that is open, else the list, which says so.

    After the last one it begins anew, so that what was passed over is not forgotten. `said` is what
    became of the one that is closed; a link back to it is added.
    """
    back = format_html('<a href="{}">{}</a>', page_url(request, closed.pk, _MODEL), closed)
    messages.success(request, format_html("{} {}", said, back))
    rows = _rows(model_admin, request).filter(is_open=True).exclude(pk=closed.pk)
    found = _first(rows_after(rows, closed))
    if found is None:
        found = _first(rows)
    if found is None:
        messages.info(request, _("No more discrepancies are open on this list."))
        return list_url(request, _MODEL)
    return _page(request, found)


def _first(rows: QuerySet[Discrepancy]) -> int | None:
    return rows.values_list("pk", flat=True).first()


def _page(request: HttpRequest, pk: int | None) -> str:
    return "" if pk is None else page_url(request, pk, _MODEL)


def _rows(model_admin: ReadOnlyAdmin, request: HttpRequest) -> QuerySet[Discrepancy]:
    """The list's own set, in its order; no page of it is read."""
    there = copy(request)
    try:
        there.GET = QueryDict(filters_of(request))
        changelist = model_admin.get_changelist_instance(there)
    except (IncorrectLookupParameters, SuspiciousOperation):
        return Discrepancy.objects.none()
    assert isinstance(changelist, BareChangeList)
    rows: QuerySet[Discrepancy] = changelist.queryset
    return rows
