"""Taking in a payment that is missing here: what the gateway says now, and whose it is.

A GET asks the gateway and shows its answer, masked; a POST takes it in (`services.import_payment`,
which asks once more). Nobody is its customer unless a person says so.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from payments.admin.shared.access import require, staff
from payments.admin.shared.personal_data import is_unmasked
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.iamport import GatewayPayment
from payments.models import Discrepancy
from payments.selectors import discrepancies as selector
from payments.services import import_payment
from payments.services.discrepancies.rules import their_figures

from . import detail as page
from .display import value_label
from .forms import TakeInForm
from .list import DiscrepancyList

TEMPLATE = "admin/payments/discrepancy/take_in.html"


class DiscrepancyTakeIn(DiscrepancyList):
    """Making a payment of what only the gateway has."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.take_in_view)
        name = "payments_discrepancy_take_in"
        return [path("<int:pk>/take-in/", view, name=name), *super().get_urls()]

    def take_in_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The page (GET), or the payment (POST); back with words where it can't be done."""
        require(self.has_view_permission(request) and self.has_take_in_permission(request))
        related = Discrepancy.objects.select_related("owner")
        discrepancy = get_object_or_404(related, pk=pk)
        form = TakeInForm(request.POST or None, unmasked=is_unmasked(request))
        try:
            if form.is_valid():
                return _taken_in(request, discrepancy, form)
            answer = import_payment.fresh_answer(discrepancy=discrepancy)
        except (Conflict, GatewayUnavailable, NotAllowed) as refusal:
            messages.warning(request, str(refusal.message))
            return HttpResponseRedirect(page.page_address(request, pk))
        return self._take_in_page(request, discrepancy, answer, form)

    def _take_in_page(
        self,
        request: HttpRequest,
        discrepancy: Discrepancy,
        answer: GatewayPayment,
        posted: TakeInForm,
    ) -> HttpResponseBase:
        form = TakeInForm(
            request.POST or None,
            unmasked=is_unmasked(request),
            suggestion=_suggestion(answer),
            initial={"version": discrepancy.version},
        )
        told = their_figures(answer)
        context = {
            **self.admin_site.each_context(request),
            **page.head(discrepancy, request),
            "opts": self.opts,
            "title": _("Take in as a payment"),
            "form": form,
            "facts": [
                (one.label, value_label(one.name, one.theirs, selector.figures(told)))
                for one in selector.gateway_fields(told)
            ],
        }
        return TemplateResponse(request, TEMPLATE, context)


def _suggestion(answer: GatewayPayment) -> tuple[Any, str] | None:
    """Whose it may be, and why one may think so."""
    person: Any = import_payment.suggested_customer(answer=answer)
    if person is None:
        return None
    if answer.buyer_email and person.email.lower() == answer.buyer_email.strip().lower():
        return person, _("the buyer's e-mail at the gateway is theirs")
    return person, _("the order's own data (custom_data) names them")


def _taken_in(request: HttpRequest, discrepancy: Discrepancy, form: TakeInForm) -> HttpResponseBase:
    payment = import_payment.import_payment(
        discrepancy=discrepancy,
        actor=staff(request),
        customer=form.decided,
        expected_version=form.cleaned_data["version"],
    )
    messages.success(request, _("Taken in as the payment %(number)s.") % {"number": payment})
    if not request.user.has_perm("payments.view_payment"):
        return HttpResponseRedirect(page.page_address(request, discrepancy.pk))
    return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))
