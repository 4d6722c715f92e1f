"""The figures above the list, each status a link that narrows the list to it.

The figures are `selectors.payments.totals` over exactly the filtered set: the dashboard's and the
export's too. Where adding up is too much work for the list itself, it fetches them from
`show_totals`.
"""

from dataclasses import dataclass

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff_view
from payments.admin.shared.display import STATUS_LOOKS, won
from payments.admin.shared.links import payment_list
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.money import with_separators
from payments.selectors.payments.totals import Totals
from payments.states import PaymentStatus

from .changelist import BareChangeList, PaymentChangeList

FIGURES = "admin/payments/payment/totals.html"
PAGE = "admin/payments/payment/totals_page.html"


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many of the set have this status. Without a number where the filter leaves it out."""

    label: str
    look: str
    count: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TotalsBar:
    """Figures as they are shown."""

    count: str
    gross: str
    refunded: str
    net: str
    statuses: list[StatusCount]


@staff_view("view")
def show_totals(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The totals of the filtered set: for the list's place for them, or as a page."""
    on_record(request)
    list_url = f"{payment_list()}?{request.GET.urlencode()}"
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url)
    assert isinstance(changelist, BareChangeList)
    context = {"cl": changelist, "bar": totals_bar(changelist, changelist.totals)}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, FIGURES, context)
    return model_admin.render_page(request, PAGE, title=_("Totals"), list_url=list_url, **context)


def totals_bar(changelist: PaymentChangeList, figures: Totals) -> TotalsBar:
    """The figures of this list."""
    return TotalsBar(
        count=with_separators(figures.count),
        gross=won(figures.gross),
        refunded=won(figures.refunded),
        net=won(figures.net),
        statuses=[_status(changelist, figures, status) for status in PaymentStatus],
    )


def _status(changelist: PaymentChangeList, figures: Totals, status: PaymentStatus) -> StatusCount:
    texts = changelist.filter_params.get("status", [])
    selected = {value.strip() for text in texts for value in text.split(",")} - {""}
    is_counted = not selected or status.value in selected
    query = changelist.get_query_string({"status": status.value})
    return StatusCount(
        label=str(status.label),
        look=STATUS_LOOKS[status],
        count=with_separators(figures.by_status[status]) if is_counted else "",
        href=payment_list() + query,
        is_current=selected == {status.value},
    )
