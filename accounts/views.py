"""Pages of our own about one's account; sign-up, sign-in and the rest are allauth's."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from accounts.devices import device_name
from accounts.forms import SettingsForm, offered_time_zones
from accounts.models import Language, User
from accounts.second_factor import has_factor, was_used


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    """Let the signed-in person choose their time zone and language."""
    assert request.user.is_authenticated
    # A fresh copy: a refused value must not become the `request.user` that the page shows.
    person = User.objects.get(pk=request.user.pk)
    form = SettingsForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(person.language):
            messages.success(request, _("Your settings are saved."))
        return redirect("account_settings")
    context = {"form": form, "time_zones": offered_time_zones()}
    return render(request, "accounts/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def choose_language(request: HttpRequest) -> HttpResponse:
    """The switch at the foot of each page: kept in a cookie and, signed in, in the account."""
    if request.method != "POST":
        return redirect("checkout:products")
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in Language.values:
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)


@login_required
@require_http_methods(["GET", "HEAD"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Where `SecondFactorMiddleware` leads: set a factor up, or show it, then go on to `next`."""
    target = _safe_next(request)
    if not has_factor(request.user):
        unverified = EmailAddress.objects.filter(user_id=request.user.pk, verified=False)
        context = {"must_confirm_email": unverified.exists(), "next": target}
        return render(request, "accounts/second_factor.html", context)
    if was_used(request):
        return redirect(target)
    by_code = is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
    page = reverse("mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn")
    return redirect(f"{page}?{urlencode({'next': target})}")


def _safe_next(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else reverse("mfa_index")


class Addresses(EmailView):  # type: ignore[misc]
    """allauth's list of one's addresses, where none is primary that is not confirmed."""

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        address = self._get_email_address(request)
        if address is None or address.verified:
            return super()._action_primary(request, *args, **kwargs)
        messages.error(request, get_adapter().error_messages["unverified_primary_email"])
        return None


email_addresses = Addresses.as_view()


def _rank(session: UserSession) -> tuple[bool, datetime]:
    return session.is_current(), session.created_at


class Sessions(ListUserSessionsView):  # type: ignore[misc]
    """allauth's list, with each browser's name and this very session first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        own = sorted(context["sessions"], key=_rank)
        devices = [(session, device_name(session.user_agent)) for session in reversed(own)]
        return context | {"devices": devices}


sessions = Sessions.as_view()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the person's own sessions; this very one means signing out."""
    if request.method != "POST":
        # Signed in half-way: the button stands on the list.
        return redirect("usersessions_list")
    end_sessions(request, list(UserSession.objects.filter(user_id=request.user.pk, pk=pk)))
    if request.user.is_authenticated:
        messages.success(request, _("That session has ended."))
    return redirect("usersessions_list")
