"""The payments that a page of the list is about: its filter's own set, or the ticked ones.

Both travel in the page's URL, so that a form which posts to the same URL means the same set and no
ids are posted: the list's query for "select all", `id` for ticked rows. The export and the start of
a run are about a `selection`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from payments.admin.shared.links import list_url, payment_list_again
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.ticked_payments import TICKED, ticked_label
from payments.core.text import whole_number
from payments.filters.labels import by_label
from payments.models import Payment
from payments.selectors.payments.totals import Totals, totals

from .changelist import PaymentChangeList


@dataclass(frozen=True, slots=True)
class Selection:
    """Payments, and their filter: as asked for, to keep, and in words as (what, its value).

    `add_up` tells what they come to, test payments included; None where they are more than are
    counted, and no sum is kept of them.
    """

    payments: QuerySet[Payment]
    add_up: Callable[[], Totals | None]
    query: str
    lasting_query: str
    labels: list[tuple[str, str]]
    list_url: str


def selection(model_admin: ReadOnlyAdmin, request: HttpRequest, *, limit: int) -> Selection | None:
    """The payments, at most `limit` of them ticked; None where the filter makes no sense.

    Raises BadRequest if more are ticked.
    """
    if TICKED in request.GET:
        return _ticked(model_admin, request, limit)
    return _filtered(model_admin, request)


def _ticked(model_admin: ReadOnlyAdmin, request: HttpRequest, limit: int) -> Selection:
    texts = request.GET.getlist(TICKED)
    if len(texts) > limit:
        raise BadRequest("too many payments for an address: filter instead")
    ids = {pk for text in texts if (pk := whole_number(text)) is not None}
    payments = model_admin.get_queryset(request).filter(pk__in=ids).order_by("-pk")
    return Selection(
        payments=payments,
        add_up=partial(totals, payments),
        query=request.GET.urlencode(),
        lasting_query=urlencode({TICKED: sorted(ids)}, doseq=True),
        labels=ticked_label(len(ids)),
        list_url=list_url(request),
    )


def _filtered(model_admin: ReadOnlyAdmin, request: HttpRequest) -> Selection | None:
    """The list's own set."""
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return None
    assert isinstance(changelist, PaymentChangeList)
    if not changelist.is_understood:
        return None
    query = request.GET.urlencode()
    return Selection(
        payments=changelist.queryset,
        add_up=lambda: changelist.totals.whole if changelist.totals else None,
        query=query,
        lasting_query=changelist.lasting_query,
        labels=by_label(term for term, _url in changelist.chips),
        list_url=payment_list_again(query),
    )
