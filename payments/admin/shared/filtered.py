"""A screen whose list a set of filters narrows: its panels are drawn when somebody opens one.

Drawing every field costs a third of a page, and most pages are read without one. So the list shows
the panels' headings, as links to itself with the panels drawn (`links.OPENED`). With JavaScript
the panels alone are fetched from here, and take the headings' place.
"""

from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern

from .access import LOOKING, staff_view
from .links import OPENED
from .panels import opened_in, panels
from .readonly import ReadOnlyAdmin

PANELS = "admin/includes/filter_panels.html"


class FilteredAdmin(ReadOnlyAdmin):
    """Its list is a `FilteredChangeList`."""

    def get_urls(self) -> list[URLPattern]:
        return [*self.screens(("filters/", show_panels, "filters")), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Which panel is open is no filter: neither links nor what is kept of the list hold it."""
        opened = opened_in(request)
        self.on_record(request)
        context = {"opened_panel": opened, **self.list_context(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def on_record(self, request: HttpRequest) -> None:
        """Called before personal data is read, for screens that show some (`personal_data`)."""

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the page of the list shows besides Django's own; for the screens to fill."""
        return {}


@staff_view("view", methods=LOOKING)
def show_panels(model_admin: FilteredAdmin, request: HttpRequest) -> HttpResponseBase:
    """The panels of the list with these filters, one of them open."""
    opened = opened_in(request)
    if not request.headers.get("HX-Request"):
        query = request.GET.copy()
        query[OPENED] = str(opened or 1)
        return HttpResponseRedirect(f"../?{query.urlencode()}")
    model_admin.on_record(request)
    changelist: Any = model_admin.get_changelist(request)
    filterset = changelist.filterset_class(request.GET, request=request)
    context = {"panels": panels(filterset), "opened_panel": opened}
    return TemplateResponse(request, PANELS, context)
