"""Personal data on staff screens: masked, unless this person has just said why they need to see it.

Whoever may unmask gives a reason, which is recorded (`PersonalDataAccess`); then their own session
shows everything for a quarter of an hour. Another personal field is shown through `email` or
`text`.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from payments.masking import mask, mask_email

SHOWN_FOR = timedelta(minutes=15)
_KEY = "personal_data_until"


def is_unmasked(request: HttpRequest) -> bool:
    """Whether this person, in this session, sees personal data now."""
    until = request.session.get(_KEY)
    if not until or not request.user.has_perm("payments.unmask_payment"):
        return False
    return timezone.now() < datetime.fromisoformat(until)


def unmask(request: HttpRequest) -> None:
    """Show personal data from now on, for `SHOWN_FOR`. The reason is recorded by the caller."""
    request.session[_KEY] = (timezone.now() + SHOWN_FOR).isoformat()


def mask_again(request: HttpRequest) -> None:
    """Stop showing it before the time is over."""
    request.session.pop(_KEY, None)


def email(person: AbstractBaseUser, *, unmasked: bool) -> str:
    """How a customer is called on a screen."""
    address = str(person)
    return address if unmasked else mask_email(address)


def text(value: str, *, unmasked: bool) -> str:
    """Any other personal text."""
    return value if unmasked or not value else mask(value)
