"""The screen of the background work: what waits, who works, what failed. Only shown.

Put together in `page`; it stands in the place of a list of workers.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from payments.admin.shared.access import require
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.models import Worker

from . import page

TEMPLATE = "admin/payments/worker/change_list.html"


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """One page with everything about the work."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page, under the URL that Django has for the list."""
        require(self.has_view_permission(request))
        context = page.context(request) | (extra_context or {})
        title = capfirst(str(self.opts.verbose_name_plural))
        return self.render_page(request, TEMPLATE, title=title, **context)
