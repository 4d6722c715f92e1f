"""The click on "Re-verify", in a row of the list or on the payment's page.

It posts to `verify`, which leads back with a message. With JavaScript, a row's button posts to
`verify_row` instead and gets its row anew.
"""

from django.contrib.admin.templatetags.admin_list import items_for_result
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import FILTERS, back_url
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.verify_result import report, verify_one
from payments.models import Payment

from .rows import as_rows

ROW = "admin/payments/payment/row.html"


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
    filters = request.GET.get(FILTERS, "")
    outcome = result.in_brief or result.message
    [row] = as_rows([payment], unmasked=unmasked, filters=filters, outcome=outcome)
    changelist = model_admin.get_changelist_instance(request)
    context = {"cells": items_for_result(changelist, row, None), "result": result}
    return TemplateResponse(request, ROW, context)
