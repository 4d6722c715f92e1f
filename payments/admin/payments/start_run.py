"""The page before a verification run: how many payments, by which filter, what it will do.

A GET shows, a POST starts it (`services.verification_runs.control`). Which payments it is about is
the `selection`; how it goes is on the run's own page, which knows their number. Here they are
counted as far as a list counts, or by the sums that are kept: the page costs the same for any book.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from payments import conf, tasks
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import payment_list
from payments.admin.shared.personal_data import on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.db.paginator import COUNTED_AT_MOST
from payments.errors import NotAllowed
from payments.selectors.verification_runs.progress import calls_needed, open_run_over
from payments.services.verification_runs import control

from .actions import MAX_IN_A_RUN
from .selection import Selection, selection

TEMPLATE = "admin/payments/payment/start_run.html"


@staff_view("view", "verify")
def start_run(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The page (GET) or the run (POST); the list if its filter makes no sense."""
    # Who sees personal data may search by it: the set must be the one that they saw.
    on_record(request)
    selected = selection(model_admin, request, limit=MAX_IN_A_RUN)
    if selected is None:
        return HttpResponseRedirect(payment_list(request.META["QUERY_STRING"]))
    if request.method == "POST":
        return _start(request, selected)
    figures = selected.add_up()
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Re-verify payments"),
        selection=selected,
        number=figures.count if figures else COUNTED_AT_MOST,
        # More than are counted, and no sum of them is at hand: the page says so.
        is_uncounted=figures is None,
        calls=calls_needed(figures) if figures else None,
        at_once=conf.runs().parallel_calls,
        under_way=open_run_over(selected.lasting_query),
    )


def _start(request: HttpRequest, selected: Selection) -> HttpResponseBase:
    try:
        run = control.start(
            payments=selected.payments,
            query=selected.lasting_query,
            actor=staff(request),
            enqueue=tasks.queue_verification,
        )
    except NotAllowed as refusal:
        messages.warning(request, str(refusal.message))
        return HttpResponseRedirect(selected.list_url)
    return HttpResponseRedirect(reverse("admin:payments_verificationrun_change", args=[run.pk]))
