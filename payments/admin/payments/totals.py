"""The figures above the list, where adding up is too much work for the list itself.

They are `selectors.payments.totals` over exactly the filtered set (`changelist`): the dashboard's
and the export's too.
"""

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff_view
from payments.admin.shared.links import payment_list_again
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin

from .changelist import BareChangeList

FIGURES = "admin/payments/payment/totals.html"
PAGE = "admin/payments/payment/totals_page.html"


@staff_view("view")
def show_totals(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The totals of the filtered set: for the list's place for them, or as a page."""
    on_record(request)
    list_url = payment_list_again(request.GET.urlencode())
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url)
    assert isinstance(changelist, BareChangeList)
    context = {"cl": changelist}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, FIGURES, context)
    return model_admin.render_page(request, PAGE, title=_("Totals"), list_url=list_url, **context)
