"""How people are called where staff read it: masked or whole, marked while unconfirmed.

Every screen, picker and filter that names a customer or a colleague takes the words from here; a
list calls `learn_confirmed` first, so that its rows ask nothing of their own.
"""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.core.masking import mask_email


def everybody() -> QuerySet[Any]:
    """All people, each of whom knows whether their address is confirmed."""
    people: Any = get_user_model().objects.all()
    return cast("QuerySet[Any]", people.with_confirmation())


def called(person: AbstractBaseUser, *, unmasked: bool) -> str:
    """The person's address, and whether nobody knows yet that it is theirs."""
    return called_then(str(person), person, unmasked=unmasked)


def called_then(name: str, person: AbstractBaseUser | None, *, unmasked: bool = True) -> str:
    """A name that was kept with what somebody did: marked as theirs while it is theirs still."""
    shown = name if unmasked else mask_email(name)
    is_theirs = bool(name) and name == getattr(person, "email", None)
    if is_theirs and not getattr(person, "has_confirmed_email", True):
        return _("%(email)s (unconfirmed)") % {"email": shown}
    return shown


def learn_confirmed(people: Iterable[AbstractBaseUser | None]) -> None:
    """Let each of them know whether their address is confirmed, in one query."""
    model: Any = get_user_model()
    model.learn_confirmed([person for person in people if person is not None])
