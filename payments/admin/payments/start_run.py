"""The page before a verification run: how many payments, by which filter, what it will do.

A GET shows, a POST starts it (`services.verification_runs.control`). Which payments it is about is
`chosen`; how it goes is on the run's own page (`verification_run`).
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from payments import conf, tasks
from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff
from payments.core.money import with_separators
from payments.errors import NotAllowed
from payments.selectors.payments.totals import totals
from payments.selectors.verification_runs.progress import calls_needed, open_run_over
from payments.services.verification_runs import control

from .actions import MAX_IN_A_RUN
from .selection import Chosen, PaymentChoice

TEMPLATE = "admin/payments/payment/start_run.html"


class PaymentRun(PaymentChoice):
    """Re-verifying more payments than anybody wants to wait for."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.start_run_view)
        return [path("verify/", view, name="payments_payment_start_run"), *super().get_urls()]

    def start_run_view(self, request: HttpRequest) -> HttpResponseBase:
        """The page (GET) or the run (POST); the list if its filter makes no sense."""
        require(self.has_view_permission(request) and self.has_verify_permission(request))
        # Who sees personal data may search by it: the set must be the one that they saw.
        personal_data.on_record(request)
        wanted = self.chosen(request, limit=MAX_IN_A_RUN)
        if wanted is None:
            address = reverse("admin:payments_payment_changelist")
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        if request.method == "POST":
            return _start(request, wanted)
        return self._start_page(request, wanted)

    def _start_page(self, request: HttpRequest, wanted: Chosen) -> HttpResponseBase:
        figures = totals(wanted.payments)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Re-verify payments"),
            "wanted": wanted,
            "number": figures.count,
            "number_words": with_separators(figures.count),
            "calls_words": with_separators(calls_needed(figures)),
            "at_once": conf.runs().parallel_calls,
            "under_way": open_run_over(wanted.lasting_query),
        }
        return TemplateResponse(request, TEMPLATE, context)


def _start(request: HttpRequest, wanted: Chosen) -> HttpResponseBase:
    try:
        run = control.start(
            payments=wanted.payments,
            query=wanted.lasting_query,
            actor=staff(request),
            enqueue=tasks.queue_verification,
        )
    except NotAllowed as refusal:
        messages.warning(request, str(refusal.message))
        return HttpResponseRedirect(wanted.list_address)
    address = reverse("admin:payments_verificationrun_change", args=[run.pk])
    return HttpResponseRedirect(address)
