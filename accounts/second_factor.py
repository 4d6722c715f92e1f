"""The second factor: who must have one, whether this session has used it, and how it is kept.

allauth does the factors themselves (authenticator app, passkey, recovery codes) and asks for one at
each sign-in of whoever has one. Two doors are ours: with `STAFF_MFA_REQUIRED` no URL of the
admin answers staff before their session has used a factor, and whoever has a factor needs it to
change anything about it (the password alone must not be enough to add another one). To guard a
further page of that kind: its name in `MANAGING`.
"""

import base64
import time
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode

# Recovery codes alone are no factor: they come with one of these.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
MANAGING = frozenset(
    {
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
    }
)
LEAVING = "admin:logout"


def has_factor(person: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the person has set up an authenticator app or a passkey."""
    return bool(is_mfa_enabled(person, FACTORS))


def was_used(request: HttpRequest) -> bool:
    """Whether this very session has used a second factor of this person."""
    person = request.user if request.user.is_authenticated else None
    records = get_authentication_records(request, person)
    return any(record.get("method") == "mfa" for record in records)


def is_missing(request: HttpRequest) -> bool:
    """Whether the page that is asked for must wait for a second factor."""
    match = request.resolver_match
    if match is None or not request.user.is_authenticated:
        return False
    if "admin" in match.app_names:
        wanted = settings.STAFF_MFA_REQUIRED and request.user.is_staff
        if not wanted or match.view_name == LEAVING:
            return False
        return not (was_used(request) and has_factor(request.user))
    managing = match.view_name in MANAGING
    return managing and not was_used(request) and has_factor(request.user)


class SecondFactorMiddleware:
    """Leads to the page that sets up, or asks for, the second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Before the view, when it is known which one it is."""
        if not is_missing(request):
            return None
        # What was posted is lost; where it was posted to shows the page that the button stands on.
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('account_second_factor')}?{query}")


def added(request: HttpRequest, authenticator: Authenticator, **kwargs: Any) -> None:
    """A factor that was set up just now has been used just now: do not ask for it again."""
    records = get_authentication_records(request, request.user)
    if authenticator.type not in FACTORS or not records:
        return
    record = {
        "method": "mfa",
        "at": time.time(),
        "id": authenticator.pk,
        "type": str(authenticator.type),
    }
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [*records, record]


def forget(person: AbstractBaseUser) -> None:
    """For whoever lost their phone: no factor any more, and signed out everywhere."""
    Authenticator.objects.filter(user_id=person.pk).delete()
    for session in UserSession.objects.filter(user_id=person.pk):
        session.end()


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps secrets encrypted: a copy of the database signs nobody in."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> MultiFernet:
    return MultiFernet(
        [_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _key(secret: str) -> Fernet:
    digest = salted_hmac("accounts.second_factor", "", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
