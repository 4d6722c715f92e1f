"""Before refunds are booked as the gateway tells them now: what is gone, what follows, the reason.

A GET shows, a POST asks the gateway once more and books its answer. The rules are in
`services.verification.refund_change`; the payment's page links here while its last answer lacks a
refund that we have booked, and names the attempt (`imp_uid`) if it is not the order's own.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import list_url, page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.verify_result import in_words, report
from payments.core.text import filled, whole_number
from payments.errors import Conflict, NotAllowed
from payments.filters.fields import DayField
from payments.models import Payment
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED
from payments.services.verification import refund_change as service
from payments.services.verification.refund_change import Proposal

TEMPLATE = "admin/payments/payment/refund_change.html"


class RefundChangeForm(forms.Form):
    """The PG's date of what was taken back (only where something was), and how one knows."""

    reversed_on = DayField(
        label=gettext_lazy("day on which the PG took it back"),
        help_text=gettext_lazy("As the PG's console tells it, in Korean time."),
        error_messages={"required": service.DAY_NEEDED},
    )
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        min_length=MIN_TEXT,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=filled(
            gettext_lazy(
                "%(least)s to %(most)s characters. They stay in the payment's history for good."
            ),
            least=MIN_TEXT,
            most=MAX_TEXT,
        ),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    def __init__(self, *args: Any, proposed: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not proposed.needs_day:
            del self.fields["reversed_on"]


@staff_view("view", "confirm_refund_change")
def confirm_refund_change(
    model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int
) -> HttpResponseBase:
    """The page (GET), or the confirmation (POST); back with a message if there is nothing to do."""
    payment = get_object_or_404(Payment, pk=pk)
    try:
        proposed = service.proposal(payment=payment, imp_uid=request.GET.get("imp_uid", ""))
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(page_url(request, pk))
    form = RefundChangeForm(request.POST or None, proposed=proposed)
    if form.is_valid() and _is_confirmed(request, payment, proposed, form):
        return HttpResponseRedirect(page_url(request, pk))
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Confirm the change of refunds"),
        original=payment,
        form=form,
        proposed=proposed,
        list_url=list_url(request),
        page_url=page_url(request, pk),
    )


def _is_confirmed(
    request: HttpRequest, payment: Payment, proposed: Proposal, form: RefundChangeForm
) -> bool:
    """Whether the gateway was asked; a refusal is the form's."""
    try:
        result = service.confirm(
            payment=payment,
            actor=staff(request),
            imp_uid=proposed.imp_uid,
            reversed_on=form.cleaned_data.get("reversed_on"),
            note=form.cleaned_data["note"],
            expected_version=whole_number(request.POST.get("version")) or 0,
        )
    except (Conflict, NotAllowed) as refusal:
        is_of_day = "reversed_on" in form.fields and isinstance(refusal, service.WrongDay)
        form.add_error("reversed_on" if is_of_day else None, str(refusal))
        return False
    report(request, [in_words(payment, result)])
    return True
