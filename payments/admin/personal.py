"""Personal data on staff screens: masked, unless this person has just said why they need to see it.

Whoever may unmask gives a reason, which is recorded (`PersonalDataAccess`); then their own session
shows everything for a quarter of an hour. Another personal field is shown through `email` or
`text`. A screen offers the form with `context` in its context (list and page of payments have it)
and, outside any other form, `{% include "admin/payments/payment/unmask.html" %}`.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.masking import mask, mask_email
from payments.services.access import MAX_REASON, MIN_REASON

SHOWN_FOR = timedelta(minutes=15)
MAY_UNMASK = "payments.unmask_payment"
_KEY = "personal_data_until"


def _until(request: HttpRequest) -> datetime | None:
    until = request.session.get(_KEY)
    if not until or not request.user.has_perm(MAY_UNMASK):
        return None
    end = datetime.fromisoformat(until)
    return end if timezone.now() < end else None


def is_unmasked(request: HttpRequest) -> bool:
    """Whether this person, in this session, sees personal data now."""
    return _until(request) is not None


def unmask(request: HttpRequest) -> None:
    """Show personal data from now on, for `SHOWN_FOR`. The reason is recorded by the caller."""
    request.session[_KEY] = (timezone.now() + SHOWN_FOR).isoformat()


def mask_again(request: HttpRequest) -> None:
    """Stop showing it before the time is over."""
    request.session.pop(_KEY, None)


def context(request: HttpRequest) -> dict[str, Any]:
    """What the form and the banner of `unmask.html` need."""
    until = _until(request)
    shown_until = f"{timezone.localtime(until):%H:%M %Z}" if until else ""
    return {
        "may_unmask": request.user.has_perm(MAY_UNMASK),
        "unmasked": until is not None,
        "unmasked_until": shown_until,
        "unmask_next": request.get_full_path(),
        "unmask_minutes": int(SHOWN_FOR.total_seconds() // 60),
        "unmask_reason_min": MIN_REASON,
        "unmask_reason_max": MAX_REASON,
    }


def remote_address(request: HttpRequest) -> str:
    """Where the request came from, as the sign-in's rate limits see it (behind a proxy, too)."""
    return str(get_adapter().get_client_ip(request))


def email(person: AbstractBaseUser | None, *, unmasked: bool) -> str:
    """How a customer is called on a screen; a payment that was taken in may have none yet."""
    if person is None:
        return _("No customer yet")
    address = str(person)
    return address if unmasked else mask_email(address)


def text(value: str, *, unmasked: bool) -> str:
    """Any other personal text."""
    return value if unmasked or not value else mask(value)
