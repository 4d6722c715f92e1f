"""Importing a payment that is missing here: what the gateway says now, and whose it is.

A GET asks the gateway and shows its answer, masked; a POST imports it (`services.import_payment`,
which asks once more) and goes on to the next discrepancy. Nobody is its customer unless a person
says so.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.discrepancy_display import value_label
from payments.admin.shared.links import page_url
from payments.admin.shared.personal_data import is_unmasked
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.iamport import GatewayPayment
from payments.models import Discrepancy
from payments.selectors.discrepancies import figures, gateway_fields
from payments.services import import_payment as service
from payments.services.discrepancies.rules import their_figures

from .detail import head
from .forms import ImportForm
from .neighbours import go_on

TEMPLATE = "admin/payments/discrepancy/take_in.html"


@staff_view("view", "import")
def import_payment(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page (GET), or the payment (POST); back with a message where it can't be done."""
    discrepancy = get_object_or_404(Discrepancy.objects.select_related("owner"), pk=pk)
    form = ImportForm(request.POST or None, unmasked=is_unmasked(request))
    try:
        if form.is_valid():
            return _imported(model_admin, request, discrepancy, form)
        answer = service.fresh_answer(discrepancy=discrepancy)
    except (Conflict, GatewayUnavailable, NotAllowed) as refusal:
        messages.warning(request, str(refusal.message))
        return HttpResponseRedirect(page_url(request, pk, "discrepancy"))
    return _page(model_admin, request, discrepancy, answer)


def _page(
    model_admin: ReadOnlyAdmin,
    request: HttpRequest,
    discrepancy: Discrepancy,
    answer: GatewayPayment,
) -> HttpResponseBase:
    form = ImportForm(
        request.POST or None,
        unmasked=is_unmasked(request),
        suggestion=_suggestion(answer),
        initial={"version": discrepancy.version},
    )
    theirs = their_figures(answer)
    facts = [
        (field.label, value_label(field.name, field.theirs, figures(theirs)))
        for field in gateway_fields(theirs)
    ]
    context = head(discrepancy, request) | {"form": form, "facts": facts}
    return model_admin.render_page(request, TEMPLATE, title=_("Take in as a payment"), **context)


def _suggestion(answer: GatewayPayment) -> tuple[Any, str] | None:
    """Whose it may be, and why one may think so."""
    person: Any = service.suggested_customer(answer=answer)
    if person is None:
        return None
    if answer.buyer_email and person.email.lower() == answer.buyer_email.strip().lower():
        return person, _("the buyer's e-mail at the gateway is theirs")
    return person, _("the order's own data (custom_data) names them")


def _imported(
    model_admin: ReadOnlyAdmin, request: HttpRequest, discrepancy: Discrepancy, form: ImportForm
) -> HttpResponseBase:
    """On to the next discrepancy; the payment is a click away."""
    payment = service.import_payment(
        discrepancy=discrepancy,
        actor=staff(request),
        customer=form.decided,
        expected_version=form.cleaned_data["version"],
    )
    number: str | SafeString = str(payment)
    if request.user.has_perm("payments.view_payment"):
        url = reverse("admin:payments_payment_change", args=[payment.pk])
        number = format_html('<a href="{}">{}</a>', url, payment)
    said = format_html(_("Taken in as the payment %(number)s.") % {"number": "{}"}, number)
    return HttpResponseRedirect(go_on(model_admin, request, discrepancy, said))
