"""The door to personal data: a POST with a reason opens it, another one closes it. Never a GET.

List and page put themselves on record, before they are read. How it looks is in unmask.html, what
it opens in `shared.personal_data`.
"""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import payment_list
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.text import whole_number
from payments.errors import NotAllowed
from payments.models import AccessKind, Payment
from payments.services.access_log import record_access

PAGE = "admin:payments_payment_change"


@staff_view("view", "unmask", methods=["POST"])
def unmask(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """Record the reason, then show personal data in this session for a while."""
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


@staff_view("view", "unmask", methods=["POST"])
def mask(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """Mask it before the time is over."""
    personal_data.mask_again(request)
    messages.success(request, _("Personal data is masked again."))
    return HttpResponseRedirect(_target(request))


def _target(request: HttpRequest) -> str:
    """Where the form stood, if that is a page of the admin; else the list."""
    target = request.POST.get("next", "")
    match = _match(target) if url_has_allowed_host_and_scheme(target, None) else None
    is_ours = match is not None and "admin" in match.app_names
    return target if is_ours else payment_list()


def _payment_at(target: str) -> Payment | None:
    match = _match(target)
    if match is None or match.view_name != PAGE:
        return None
    pk = whole_number(str(match.kwargs["object_id"]))
    return None if pk is None else Payment.objects.filter(pk=pk).first()


def _match(target: str) -> ResolverMatch | None:
    try:
        return resolve(urlsplit(target).path)
    except (Resolver404, ValueError):
        return None
