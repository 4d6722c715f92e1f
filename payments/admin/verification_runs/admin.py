"""Verification runs: the list, the page that shows one working, its buttons.

Only shown here: a run is started on the payments' list (`payment_run`), worked on by workers, and
paused, resumed or stopped by `services.verification_runs.control`. The page is put together in
`run_page`, its file in `run_export`. To add a button: a view here, its line in `get_urls`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from payments import tasks
from payments.admin.shared.access import require, staff
from payments.errors import Conflict, NotAllowed
from payments.models import RunStatus, VerificationRun
from payments.selectors.verification_runs import items
from payments.selectors.verification_runs import progress as selector
from payments.services.verification_runs import control

from . import detail
from .display import OF_RUN
from .export import RunExport
from .list import RunList

PARTS = "admin/payments/verificationrun"


@admin.register(VerificationRun)
class VerificationRunAdmin(RunExport, RunList):
    """Runs, newest first."""

    fieldsets = ((None, {"fields": ()}),)  # the page is `run_page`, not a form

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_verificationrun_{}".format
        ours = [
            path("<int:pk>/progress/", view(self.progress_view), name=name("progress")),
            path("<int:pk>/results/", view(self.results_view), name=name("results")),
            path("<int:pk>/pause/", view(self.pause_view), name=name("pause")),
            path("<int:pk>/resume/", view(self.resume_view), name=name("resume")),
            path("<int:pk>/stop/", view(self.stop_view), name=name("stop")),
            path("<int:pk>/again/", view(self.again_view), name=name("again")),
        ]
        return [*ours, *super().get_urls()]

    # --- The page, and the two parts of it that are fetched again ----------------------------

    def page_context(self, request: HttpRequest, run: VerificationRun) -> dict[str, Any]:
        found = selector.progress(run, now=timezone.now())
        shown = detail.shown_outcome(request, found.counts)
        return {
            **detail.head(run),
            **detail.live(found, shown),
            **detail.results(run, items.items(run, shown, after=detail.after_of(request)), request),
            **self._may_context(request, found),
        }

    def _may_context(self, request: HttpRequest, found: selector.Progress) -> dict[str, Any]:
        """What this person may do now."""
        may, run = self.has_verify_permission(request), found.run
        is_paused = run.status == RunStatus.PAUSED
        return {
            "may_pause": may and run.is_open,
            "may_resume": may and is_paused,
            "may_stop": may and (run.is_open or is_paused),
            "may_ask_again": (
                may and found.has_ended and not found.is_landing and found.left_over > 0
            ),
            "left_over": found.left_over,
            "may_export": self.has_export_permission(request),
        }

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The bar and the counts; the whole page anew if the run has moved on."""
        require(self.has_view_permission(request))
        run = get_object_or_404(VerificationRun, pk=pk)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(_page(run.pk))
        found = selector.progress(run, now=timezone.now())
        if request.GET.get("status") != detail.state(found):
            # Other buttons, other results: the page is drawn once more.
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = detail.live(found, detail.shown_outcome(request, found.counts))
        return TemplateResponse(request, f"{PARTS}/progress.html", context)

    def results_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The first results of one outcome, as they come in."""
        require(self.has_view_permission(request))
        run = get_object_or_404(VerificationRun, pk=pk)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(f"{_page(run.pk)}?{request.GET.urlencode()}")
        shown = detail.shown_outcome(request, selector.Counts())
        context = {
            "run": run,
            "every_results": detail.every_results(selector.progress(run, now=timezone.now())),
            **detail.results(run, items.items(run, shown), request),
        }
        return TemplateResponse(request, f"{PARTS}/results.html", context)

    # --- Buttons ------------------------------------------------------------------------------

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Calls under way come in, no new ones are made."""
        return self._pressed(request, pk, lambda run: control.pause(run=run))

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Go on where it stood."""
        enqueue = tasks.queue_verification
        return self._pressed(request, pk, lambda run: control.resume(run=run, enqueue=enqueue))

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """End it for good."""
        return self._pressed(request, pk, lambda run: control.stop(run=run))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A new run over what this one left open."""

        def start(run: VerificationRun) -> str:
            again = control.start(
                payments=items.left_over(run),
                query=urlencode({OF_RUN: run.pk}),
                actor=staff(request),
                enqueue=tasks.queue_verification,
            )
            return _page(again.pk)

        return self._pressed(request, pk, start)

    def _pressed(
        self, request: HttpRequest, pk: int, do: Callable[[VerificationRun], str | None]
    ) -> HttpResponseBase:
        """A button: by POST, for whoever may, and kindly if somebody was quicker."""
        require(self.has_view_permission(request) and self.has_verify_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run, address = get_object_or_404(VerificationRun, pk=pk), _page(pk)
        try:
            address = do(run) or address
        except Conflict:
            run.refresh_from_db()
            words = _("Somebody was quicker. The run is now: %(status)s. Nothing was changed.")
            messages.warning(request, words % {"status": RunStatus(run.status).label})
        except NotAllowed as refusal:
            messages.warning(request, str(refusal.message))
        return HttpResponseRedirect(address)


def _page(pk: int) -> str:
    return reverse("admin:payments_verificationrun_change", args=[pk])
