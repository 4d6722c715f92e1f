"""How a customer is called where staff read it: masked or whole, marked while unconfirmed.

Every screen, picker and filter that names a customer takes the words from here; a list
calls `learn_confirmed` first, so that its rows ask nothing of their own.
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
    name = str(person) if unmasked else mask_email(str(person))
    if getattr(person, "email", "") and not getattr(person, "has_confirmed_email", True):
        return _("%(email)s (unconfirmed)") % {"email": name}
    return name


def learn_confirmed(people: Iterable[AbstractBaseUser | None]) -> None:
    """Let each of them know whether their address is confirmed, in one query."""
    model: Any = get_user_model()
    model.learn_confirmed([person for person in people if person is not None])
