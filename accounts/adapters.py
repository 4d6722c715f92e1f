"""allauth's policy here: nobody becomes staff by signing up, and no vendor's word about an e-mail
address opens an account that exists already.

To change who may sign up, or what a sign-up stores: the adapter of that way in. Its other rules
are settings (`ACCOUNT_*`, `SOCIALACCOUNT_*`).
"""

import logging
from ipaddress import IPv4Address
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount import app_settings
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess, Provider
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.addresses import normalized
from accounts.models import Language, User
from accounts.notices import SIGNED_IN_BEFORE
from payments.core.addresses import caller_address

# The vendors' names as people in Korea write them, for templates that translate `provider.name`.
PROVIDER_NAMES = (gettext_noop("Naver"), gettext_noop("Kakao"))

# The mails that somebody waits for; whether there is an account for the address or not, alike.
AWAITED = {
    f"account/email/{name}"
    for name in (
        "account_already_exists",
        "email_confirmation",
        "email_confirmation_signup",
        "login_code",
        "password_reset_code",
        "password_reset_key",
        "unknown_account",
    )
}
logger = logging.getLogger(__name__)

# What stands for a caller's address that nobody tells, where there has to be one.
NO_ADDRESS = str(IPv4Address(0))


def as_customer(user: User) -> User:
    """A new account: no rights, and the language that the person was reading."""
    user.is_staff = False
    user.is_superuser = False
    language = translation.get_language()
    user.language = language if language in Language.values else Language.KOREAN
    return user


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up and sign-in with an e-mail address."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        saved: User = super().save_user(request, as_customer(user), form, commit=commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away stops nothing; whoever waits for the mail is told."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("mail not sent", extra={"mail": template_prefix})
            if template_prefix in AWAITED:
                text = _("The mail could not be sent just now. Try again in a few minutes.")
                messages.error(self.request, text)

    def clean_email(self, email: str) -> str:
        """As it is kept, so that one mailbox has one spelling at each of allauth's forms."""
        return normalized(str(super().clean_email(email)))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Not by a code that was mailed before somebody else gave the account another address."""
        pending = None if request.user.is_authenticated else unstash_login(request, peek=True)
        person = email_address.user
        if pending and _is_of_before(pending.initiated_at, person):
            clear_login(request)
            return False
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed and person.last_login is None:
            self._keep_own_ways_in(request, person)
        return confirmed

    def _keep_own_ways_in(self, request: HttpRequest, person: User) -> None:
        """Whoever confirms a new account keeps no vendor's account but the one they came with.

        Somebody else may have signed up by a vendor with this very address, and waits.
        """
        came_with = {record.get("uid") for record in _records(request, person)}
        others = SocialAccount.objects.filter(user=person).exclude(uid__in=came_with - {None})
        others.delete()

    def get_login_stages(self) -> list[str]:
        stage = "allauth.account.stages.EmailVerificationStage"
        ours = "accounts.stages.ConfirmedAddressStage"
        return [ours if name == stage else name for name in super().get_login_stages()]

    def login(self, request: HttpRequest, user: User) -> None:
        """Note whether this is the account's first sign-in, which nobody needs a notice of.

        A sign-in that was under way when somebody else gave the account another address ends here:
        it may have begun with the former one.
        """
        if any(_is_of_before(record["at"], user) for record in _records(request, user)):
            clear_login(request)
            raise ImmediateHttpResponse(redirect("account_login"))
        setattr(request, SIGNED_IN_BEFORE, user.last_login is not None)
        super().login(request, user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where the request came from, by the rule that holds everywhere (`core.addresses`).

        Who can't be told apart shares one rate limit; allauth's own rule would turn them away, and
        answer 500 to a request that came past the proxy.
        """
        address = caller_address(meta=request.META, proxies=settings.TRUSTED_PROXIES)
        return address or NO_ADDRESS

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff go to work, customers to the shop; a `next` in the URL goes before both."""
        if request.user.is_authenticated and request.user.is_staff:
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sign-up and sign-in with Naver or Kakao."""

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Never: an address in somebody's profile is no proof that they own our account."""

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def is_email_verified(self, provider: Provider, email: str) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Distrust the vendor's addresses; stop where a new account would need a taken one."""
        for email_address in sociallogin.email_addresses:
            # allauth's Naver provider calls each address verified; we send our own mail instead.
            email_address.verified = False
        connecting = sociallogin.state.get("process") == AuthProcess.CONNECT
        if connecting or sociallogin.is_existing:
            return
        if any(_is_taken(email_address.email) for email_address in sociallogin.email_addresses):
            page = render(
                request,
                "socialaccount/email_taken.html",
                {"provider": sociallogin.provider},
                status=409,
            )
            raise ImmediateHttpResponse(page)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        as_customer(sociallogin.user)
        saved: User = super().save_user(request, sociallogin, form)
        return saved

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Only what the environment configures: a row in the database opens no way in."""
        return [
            SocialApp(provider=name, name=name, **app)
            for name, configured in app_settings.PROVIDERS.items()
            for app in configured["APPS"]
            if provider in (None, name) and client_id in (None, app["client_id"])
        ]

    def get_app(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> SocialApp:
        try:
            return super().get_app(request, provider, client_id=client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404(f"{provider} is not configured") from error


def _records(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    return list(get_authentication_records(request, user))


def _is_of_before(unix_seconds: float, user: User) -> bool:
    """Whether it began before the account's address was changed by somebody else."""
    changed = user.email_changed_at
    return changed is not None and unix_seconds < changed.timestamp()


def _is_taken(email: str) -> bool:
    return (
        User.objects.filter(email__iexact=email).exists()
        or EmailAddress.objects.filter(email__iexact=email).exists()
    )
