"""A new run over what a run that has ended left open."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import urlencode

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.run_display import run_url
from payments.admin.shared.runs import RunAdmin, press
from payments.models import VerificationRun
from payments.selectors.verification_runs.items import left_over
from payments.services.verification_runs import control

from .display import OF_RUN


@staff_view("view", "control", methods=["POST"])
def again(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Start it, and go to its page."""

    def start(run: VerificationRun) -> str:
        new = control.start(
            payments=left_over(run),
            query=urlencode({OF_RUN: run.pk}),
            actor=staff(request),
            enqueue=model_admin.enqueue,
        )
        return run_url(new)

    return press(model_admin, request, pk, start)
