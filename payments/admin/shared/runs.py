"""The screen of a run of any kind: the page that follows one, and the buttons on it.

A kind is a `RunAdmin` of its own. Its page extends `admin/includes/run.html`; the part that is
fetched again and again, its `progress.html`, extends `run_progress.html` there, with
`live_context`. To add a button for every kind:
a view here, its line in `get_urls`, its form in `run.html`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from payments.core.money import with_separators
from payments.errors import Conflict, NotAllowed
from payments.models import Run, RunStatus
from payments.selectors.runs import RunState
from payments.services import runs

from .access import staff_view
from .readonly import ReadOnlyAdmin
from .run_display import run_url

# The bar is so many parts wide.
BAR_WIDTH = 1_000
# How often a browser asks again (htmx).
EVERY, EVERY_WHILE_PAUSED = "every 2s", "every 10s"
# In the place of its status, while the last answers of a stopped run still come in.
LANDING = "landing"


class RunAdmin(ReadOnlyAdmin):
    """Runs of one kind, newest first."""

    list_per_page = 25
    sortable_by = ()
    fieldsets = ((None, {"fields": ()}),)  # the page is put together by the kind, not a form
    # Who may start runs of this kind: "app.codename".
    control_right: str

    @staticmethod
    def enqueue(run_id: int) -> object:
        """Queue a turn of a worker at a run of this kind."""
        raise NotImplementedError

    @staticmethod
    def stop_run(*, run: Any) -> None:
        """The service that ends one for good."""
        runs.stop(run=run)

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Start a run, and so: pause it, resume it, stop it."""
        return request.user.has_perm(self.control_right)

    def get_urls(self) -> list[URLPattern]:
        own = self.screens(
            ("<int:pk>/progress/", progress, "progress"),
            ("<int:pk>/pause/", pause, "pause"),
            ("<int:pk>/resume/", resume, "resume"),
            ("<int:pk>/stop/", stop, "stop"),
        )
        return [*own, *super().get_urls()]

    def live_context(self, request: HttpRequest, run: Any) -> dict[str, Any]:
        """What changes while it works: the context of its `progress.html`."""
        raise NotImplementedError

    def page_context(self, request: HttpRequest, run: Any) -> dict[str, Any]:
        """All that the page shows, and whether this person may press its buttons."""
        return {
            "title": str(run),
            "subtitle": None,
            "may_control": self.has_control_permission(request),
            **self.live_context(request, run),
        }


def live(run: Run, *, part: float, awaits_answers: bool = False) -> dict[str, Any]:
    """What every kind tells while it works; `part` is how much is done, 0 to 1.

    `awaits_answers`: it has ended, and calls that were under way still bring theirs.
    """
    return {
        "run": run,
        "progress_url": reverse(f"admin:payments_{run._meta.model_name}_progress", args=[run.pk]),
        "state": LANDING if awaits_answers else run.status,
        "every": EVERY if awaits_answers else _every(run),
        "percent": int(part * 100),
    }


def _every(run: Run) -> str:
    """How often a browser asks again; "" once nothing can change any more."""
    if run.is_open:
        return EVERY
    return EVERY_WHILE_PAUSED if run.status == RunStatus.PAUSED else ""


def news(state: RunState, words: str, *, part: float, **number: int) -> str:
    """For screen readers: only what is worth interrupting for, so every tenth of the way.

    `words` has a place for `percent` and one for the number that matters, by its name.
    """
    if state is RunState.FOR_GATEWAY:
        return _("The gateway does not answer.")
    figures = {name: with_separators(value) for name, value in number.items()}
    return words % {"percent": int(part * 100) // 10 * 10, **figures}


@staff_view("view")
def progress(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bar and the figures; the whole page anew if the run has moved on."""
    run = get_object_or_404(model_admin.model, pk=pk)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(run_url(run))
    context = model_admin.live_context(request, run)
    if request.GET.get("status") != context["state"]:
        # Other buttons, other results: the page is drawn once more.
        return HttpResponse(headers={"HX-Refresh": "true"})
    template = f"admin/payments/{model_admin.opts.model_name}/progress.html"
    return TemplateResponse(request, template, context)


@staff_view("view", "control", methods=["POST"])
def pause(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """What is under way comes in, nothing new is begun."""
    return press(model_admin, request, pk, lambda run: runs.pause(run=run))


@staff_view("view", "control", methods=["POST"])
def resume(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Go on where it stood."""
    enqueue = model_admin.enqueue
    return press(model_admin, request, pk, lambda run: runs.resume(run=run, enqueue=enqueue))


@staff_view("view", "control", methods=["POST"])
def stop(model_admin: RunAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """End it for good."""
    return press(model_admin, request, pk, lambda run: model_admin.stop_run(run=run))


def press(
    model_admin: RunAdmin, request: HttpRequest, pk: int, act: Callable[[Any], str | None]
) -> HttpResponseBase:
    """Do what a button is for, and say so kindly if the run was changed by someone else.

    `act` returns the page to go to then, if it is not the run's own.
    """
    run = get_object_or_404(model_admin.model, pk=pk)
    url = run_url(run)
    try:
        url = act(run) or url
    except Conflict:
        run.refresh_from_db()
        words = _("Somebody was quicker. The run is now: %(status)s. Nothing was changed.")
        messages.warning(request, words % {"status": RunStatus(run.status).label})
    except NotAllowed as refusal:
        messages.warning(request, str(refusal.message))
    return HttpResponseRedirect(url)
