"""The door to personal data: a POST with a reason opens it, another one closes it. Never a GET.

List and page put themselves on record here, before they are read. How it looks is in unmask.html,
what it opens in `personal`.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import Resolver404, ResolverMatch, URLPattern, path, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff
from payments.errors import NotAllowed
from payments.models import AccessKind, Payment
from payments.services.access_log import record_access

from .permissions import PaymentPermissions

PAGE = "admin:payments_payment_change"


class PaymentUnmasking(PaymentPermissions):
    """Showing personal data for a while, and masking it again. List and page get its context."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        personal_data.on_record(request)
        shown = personal_data.context(request) | (extra_context or {})
        return super().changelist_view(request, shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Nothing personal has been read yet: Django has only fetched the payment itself."""
        if isinstance(context.get("original"), Payment):
            personal_data.on_record(request, payment=context["original"])
        shown = personal_data.context(request) | context
        return super().render_change_form(request, shown, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_payment_{}".format
        ours = [
            path("unmask/", view(self.unmask_view), name=name("unmask")),
            path("mask/", view(self.mask_view), name=name("mask")),
        ]
        return [*ours, *super().get_urls()]

    def unmask_view(self, request: HttpRequest) -> HttpResponseBase:
        """Record the reason, then show personal data in this session."""
        require(self.has_view_permission(request) and self.has_unmask_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        target = _target(request)
        try:
            access = record_access(
                actor=staff(request),
                kind=AccessKind.VIEWED,
                reason=request.POST.get("reason", ""),
                unmasked=True,
                payment=_payment_at(target),
                query=personal_data.query_of(target),
                remote_address=personal_data.remote_address(request),
            )
        except NotAllowed as refusal:
            messages.error(request, str(refusal.message))
        else:
            personal_data.unmask(request, access)
        return HttpResponseRedirect(target)

    def mask_view(self, request: HttpRequest) -> HttpResponseBase:
        """Mask it before the time is over."""
        require(self.has_view_permission(request) and self.has_unmask_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        personal_data.mask_again(request)
        messages.success(request, _("Personal data is masked again."))
        return HttpResponseRedirect(_target(request))


def _target(request: HttpRequest) -> str:
    """Where the form stood, if that is a page of the admin; else the list."""
    target = request.POST.get("next", "")
    match = _match(target) if url_has_allowed_host_and_scheme(target, None) else None
    is_ours = match is not None and "admin" in match.app_names
    return target if is_ours else reverse("admin:payments_payment_changelist")


def _payment_at(target: str) -> Payment | None:
    match = _match(target)
    if match is None or match.view_name != PAGE:
        return None
    number = str(match.kwargs["object_id"])
    return Payment.objects.filter(pk=number).first() if number.isdecimal() else None


def _match(target: str) -> ResolverMatch | None:
    try:
        return resolve(urlsplit(target).path)
    except (Resolver404, ValueError):
        return None
