"""The mails about one's own account: signed in from a new device, second factor taken off, another
e-mail address given to it.

A browser is known by a cookie that holds one token for each person who has signed in with it; a
token says nothing and opens nothing. The very first sign-in of an account is no news to anybody. To
tell people of something else that happened to their account: a function like `new_device`.
"""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_logged_in
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.addresses import address_changed
from accounts.devices import device_name
from accounts.middleware import zone_named
from accounts.models import User
from payments.core.masking import mask_email

logger = logging.getLogger("accounts.notices")

COOKIE = "known_device"
MAX_AGE = 365 * 24 * 60 * 60
# People who share a browser; the least recent are forgotten.
MAX_PEOPLE = 10
# What `AccountAdapter` notes before Django overwrites the time of the last sign-in.
SIGNED_IN_BEFORE = "_signed_in_before"


def connect() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(signed_in, dispatch_uid="accounts.notices")
    address_changed.connect(email_changed, dispatch_uid="accounts.notices")


def signed_in(
    request: HttpRequest, user: User, response: HttpResponseBase | None = None, **kwargs: Any
) -> None:
    """Know this browser from now on; tell the person if it was not known before."""
    token = _token(user)
    known = [kept for kept in request.COOKIES.get(COOKIE, "").split(".") if kept]
    is_known = any(constant_time_compare(token, kept) for kept in known)
    if response is not None:
        _remember(response, [token, *(kept for kept in known if kept != token)])
    if not is_known and getattr(request, SIGNED_IN_BEFORE, False):
        new_device(request, user)


def _token(user: User) -> str:
    # A browser that the former address signed in with is news to the new one.
    since = f" {user.email_changed_at.timestamp()}" if user.email_changed_at else ""
    return salted_hmac(COOKIE, f"{user.pk}{since}", algorithm="sha256").hexdigest()[:32]


def _remember(response: HttpResponseBase, tokens: list[str]) -> None:
    response.set_cookie(
        COOKIE,
        ".".join(tokens[:MAX_PEOPLE]),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def new_device(request: HttpRequest, user: User) -> None:
    """An unknown browser signed in."""
    facts = {
        "ip_address": get_adapter().get_client_ip(request),
        "browser": device_name(get_adapter().get_http_user_agent(request)),
        "sessions": request.build_absolute_uri(reverse("usersessions_list")),
    }
    _tell(user, gettext_lazy("Signed in from a new device"), "new_device", facts)


def second_factor_reset(user: User) -> None:
    """An administrator took the second factor off."""
    _tell(user, gettext_lazy("Your second factor was reset"), "second_factor_reset", {})


def email_changed(person: User, former: str, **kwargs: Any) -> None:
    """Somebody else gave the account another address: both sides are told.

    The former one learns of the new one no more than whose it is, if they know it.
    """
    subject = gettext_lazy("The e-mail address of your account was changed")
    facts = {"former": former, "current": mask_email(person.email) if person.email else ""}
    _tell(person, subject, "email_changed_former", facts, to=former)
    subject = gettext_lazy("This is the e-mail address of your account now")
    _tell(person, subject, "email_changed_current", {})


def _tell(
    user: User,
    subject: str | Promise,
    template: str,
    facts: dict[str, str],
    *,
    to: str | None = None,
) -> None:
    """Write to the person, in their language and time. A mail that fails stops nothing else."""
    address = user.email if to is None else to
    if not address:
        return
    with translation.override(user.language), timezone.override(zone_named(user.time_zone)):
        title = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}"
        body = render_to_string(f"accounts/email/{template}.txt", {"user": user, **facts})
    try:
        send_mail(title, body, None, [address])
    except (OSError, SMTPException):
        logger.exception("notice not sent", extra={"user": user.pk, "notice": template})
