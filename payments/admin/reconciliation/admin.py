"""Reconciliations: the list, the form that starts one, the page that shows one working.

Workers do it (`services.reconciliation`); here it is asked for, paused, resumed and stopped. The
page is put together in `reconciliation_page`. To add a button: a view here, its line in `get_urls`.
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
from django.utils.translation import gettext as _

from payments import tasks
from payments.admin.shared.access import require
from payments.errors import Conflict
from payments.models import ReconciliationRun, RunStatus
from payments.services import reconciliation

from . import detail as page
from .start import ReconciliationStart

PARTS = "admin/payments/reconciliationrun"


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(ReconciliationStart):
    """Reconciliations, newest first."""

    fieldsets = ((None, {"fields": ()}),)  # the page is `reconciliation_page`, not a form

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_reconciliationrun_{}".format
        ours = [
            path("<int:pk>/progress/", view(self.progress_view), name=name("progress")),
            path("<int:pk>/pause/", view(self.pause_view), name=name("pause")),
            path("<int:pk>/resume/", view(self.resume_view), name=name("resume")),
            path("<int:pk>/stop/", view(self.stop_view), name=name("stop")),
        ]
        return [*ours, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {"may_start": self.has_start_permission(request)}
        return super().changelist_view(request, may | (extra_context or {}))

    # --- The page, and the part of it that is fetched again -----------------------------------

    def page_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        shown = page.head(run) | page.live(run, timezone.now())
        return shown | {"ids": page.ids(run, request)} | self._may_context(request, run)

    def _may_context(self, request: HttpRequest, run: ReconciliationRun) -> dict[str, Any]:
        """What this person may do now."""
        may, is_paused = self.has_start_permission(request), run.status == RunStatus.PAUSED
        return {
            "may_pause": may and run.is_open,
            "may_resume": may and is_paused,
            "may_stop": may and (run.is_open or is_paused),
        }

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The bar and the figures; the whole page anew if the run has moved on."""
        require(self.has_view_permission(request))
        run = get_object_or_404(ReconciliationRun, pk=pk)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(_page(pk))
        if request.GET.get("status") != run.status:
            # Other buttons, and the ids: the page is drawn once more.
            return HttpResponse(headers={"HX-Refresh": "true"})
        return TemplateResponse(request, f"{PARTS}/progress.html", page.live(run, timezone.now()))

    # --- Buttons ------------------------------------------------------------------------------

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Settle what was begun, then wait."""
        return self._pressed(request, pk, lambda run: reconciliation.pause(run=run))

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Go on where it stood."""
        enqueue = tasks.queue_reconciliation
        return self._pressed(
            request, pk, lambda run: reconciliation.resume(run=run, enqueue=enqueue)
        )

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """End it for good."""
        return self._pressed(request, pk, lambda run: reconciliation.stop(run=run))

    def _pressed(
        self, request: HttpRequest, pk: int, do: Callable[[ReconciliationRun], None]
    ) -> HttpResponseBase:
        """A button: by POST, for whoever may, and kindly if somebody was quicker."""
        require(self.has_view_permission(request) and self.has_start_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = get_object_or_404(ReconciliationRun, pk=pk)
        try:
            do(run)
        except Conflict:
            run.refresh_from_db()
            words = _("Somebody was quicker. The run is now: %(status)s. Nothing was changed.")
            messages.warning(request, words % {"status": RunStatus(run.status).label})
        return HttpResponseRedirect(_page(pk))


def _page(pk: int) -> str:
    return reverse("admin:payments_reconciliationrun_change", args=[pk])
