"""Keeping the list's filter under a name, and forgetting it. What a name may be: `services`."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from payments.admin.shared.access import own_list, staff, staff_view
from payments.admin.shared.links import payment_list_again
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.tabs import view_query
from payments.errors import PaymentError
from payments.services import saved_views


@staff_view("view", methods=["POST"])
def save_view(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """Keep the list's filter under a name."""
    query = view_query(QueryDict(request.POST.get("query", "")[: saved_views.MAX_QUERY]))
    name = request.POST.get("name", "")
    try:
        view = saved_views.keep(owner=staff(request), name=name, query=query)
    except PaymentError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
    return HttpResponseRedirect(payment_list_again(query))


@staff_view("view", methods=["POST"], stands_on=own_list)
def delete_view(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Forget one of one's own views."""
    name = saved_views.forget(owner=staff(request), pk=pk)
    if name is not None:
        messages.success(request, _("“%(name)s” is no longer saved.") % {"name": name})
    query = view_query(QueryDict(request.POST.get("query", "")))
    return HttpResponseRedirect(payment_list_again(query))
