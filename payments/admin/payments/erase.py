"""The URL that the erasure of personal data is posted to. What it erases is said by the service."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.errors import NotAllowed
from payments.models import Payment
from payments.services import personal_data


@staff_view("view", "erase", methods=["POST"])
def erase(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Erase it for the posted reason and go back to the payment's page."""
    payment = get_object_or_404(Payment, pk=pk)
    reason = request.POST.get("reason", "")
    try:
        personal_data.erase(payment=payment, actor=staff(request), reason=reason)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The personal data of this payment is erased for good."))
    return HttpResponseRedirect(page_url(request, pk))
