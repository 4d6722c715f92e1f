"""Our AdminSite: sign-in through allauth (its rate limits, its second factor), our own shell, and
the dashboard as its first page.

What the dashboard shows is in `payments.admin.dashboard.page`, the column beside it in
`navigation`.
"""

from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from backoffice.navigation import navigation
from payments.core.text import whole_number


class BackofficeAdminSite(admin.AdminSite):
    """Django's admin under our name. It has no sign-in form of its own."""

    site_title = _("Backoffice")
    site_header = _("Backoffice")
    index_title = _("Dashboard")
    # Ours is in base_site.html; Django's needs its script to be of use on a narrow window.
    enable_nav_sidebar = False

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # Here, not above: this module is imported before any model is.
        from payments.admin.payments.tabs import saved_tabs

        context = super().each_context(request)
        if context["has_permission"]:
            context["saved_views"] = views = saved_tabs(request)
            context["navigation"] = navigation(context["available_apps"], request.path, views)
        return context

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every view of the admin, its own and ours, with parameters that Django can take."""

        @wraps(view)
        def with_usable_parameters(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            request.GET, request.POST = _usable(request.GET), _usable(request.POST)
            try:
                response: HttpResponseBase = view(request, *args, **kwargs)
            except (OverflowError, DataError) as error:
                # Django's own look-ups hand on a number that no column holds (`?id__in=10**400`).
                if request.method in {"GET", "HEAD"}:
                    raise BadRequest("a value that no column holds") from error
                raise
            return response

        return super().admin_view(with_usable_parameters, cacheable)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The dashboard for whoever may see payments, the plain list of screens for others."""
        from payments.admin.dashboard import page  # as above

        dashboard = page.context(request) if page.may_see(request) else {}
        return super().index(request, dashboard | (extra_context or {}))

    # Django's own redirects as well; its stubs know the page alone.
    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """By its button alone; whoever opens the address is where they can press it."""
        if request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        return super().logout(request, extra_context)

    @method_decorator(secure_admin_login)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send staff on to where they wanted to go.

        `secure_admin_login` has sent everybody else to allauth's sign-in, and refuses signed-in
        people without staff rights (403) instead of asking them to sign in again and again.
        """
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(
            target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            target = reverse("admin:index", current_app=self.name)
        return HttpResponseRedirect(target)


def _usable(params: Any) -> Any:
    """Without what Django believes: a ticked row that is no number, a field without a name.

    Each of the admin's models has a number for its key; a number of no row is simply not found.
    """
    ticked = params.getlist(ACTION_CHECKBOX_NAME)
    numbers = [text for text in ticked if whole_number(text) is not None]
    has_nameless_field = params.get(TO_FIELD_VAR) == ""
    if len(numbers) == len(ticked) and not has_nameless_field:
        return params
    changed = params.copy()
    changed.setlist(ACTION_CHECKBOX_NAME, numbers)
    if has_nameless_field:
        del changed[TO_FIELD_VAR]
    return changed
