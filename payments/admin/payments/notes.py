"""The address that a note is posted to. What a note may hold is decided by `services.notes`."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from payments.admin.shared.access import require, staff
from payments.admin.shared.links import page_address
from payments.errors import NotAllowed
from payments.models import Payment
from payments.services.notes import add_note

if TYPE_CHECKING:
    from .permissions import PaymentPermissions


def note_view(model_admin: "PaymentPermissions", request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add the posted note and go back to the payment's page."""
    require(model_admin.has_note_permission(request))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    payment = get_object_or_404(Payment, pk=pk)
    try:
        add_note(payment=payment, actor=staff(request), text=request.POST.get("text", ""))
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The note is saved."))
    return HttpResponseRedirect(page_address(request, pk))
