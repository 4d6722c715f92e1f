"""The figures above the list, where adding up is too much work for the list itself."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff_view
from payments.admin.shared.links import movement_list
from payments.admin.shared.readonly import ReadOnlyAdmin

FIGURES = "admin/payments/movement/totals.html"
PAGE = "admin/payments/movement/totals_page.html"


@staff_view("view")
def show_totals(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The totals of the filtered set: for the list's place for them, or as a page."""
    list_url = movement_list(request.GET.urlencode())
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url)
    context = {"cl": changelist}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, FIGURES, context)
    return model_admin.render_page(request, PAGE, title=_("Totals"), list_url=list_url, **context)
