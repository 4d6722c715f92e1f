"""The click on "Re-verify", in a row of the list or on the payment's page.

It posts to `verify`, which leads back with a message. With JavaScript, a row's button posts to
`verify_row` instead and gets its row anew.
"""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import FILTERS, back_url
from payments.admin.shared.list_table import Table
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.verify_result import report, verify_one
from payments.models import Payment

from .rows import as_rows


@staff_view("verify", methods=["POST"])
def verify(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Re-verify one payment, and go back to where the button was."""
    payment = get_object_or_404(Payment, pk=pk)
    report(request, [verify_one(payment, staff(request))])
    return HttpResponseRedirect(back_url(request, pk))


@staff_view("view", "verify", methods=["POST"])
def verify_row(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Re-verify one payment and draw its row anew, with what came of it."""
    payment = get_object_or_404(Payment.objects.select_related("user"), pk=pk)
    result = verify_one(payment, staff(request))
    payment.refresh_from_db()
    unmasked = on_record(request, payment=payment)
    rows = as_rows([payment], unmasked=unmasked, result=result)
    table = Table(model_admin.get_changelist_instance(request), rows)
    context = {"table": table, "filters": request.GET.get(FILTERS, "")}
    return TemplateResponse(request, table.rows_template, context)
