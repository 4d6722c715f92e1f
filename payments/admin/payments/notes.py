"""The URL that a note is posted to. What a note may hold is decided by `services.notes`."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.errors import NotAllowed
from payments.models import Payment
from payments.services import notes


@staff_view("note", methods=["POST"])
def add_note(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add the posted note and go back to the payment's page."""
    payment = get_object_or_404(Payment, pk=pk)
    text = request.POST.get("text", "")
    try:
        notes.add_note(payment=payment, actor=staff(request), text=text)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The note is saved."))
    return HttpResponseRedirect(page_url(request, pk))
