"""Whose an e-mail address is: allauth's rows, which follow `User.email` whatever changes it.

People sign in and reset their password by allauth's rows (`EmailAddress`), so a row that stays
behind leaves the former mailbox a way in. `User.save` and the queryset of people call `follow`:
the rows of before go, the new address stands alone and unconfirmed, and the person is signed out
everywhere. Whoever makes another confirmed address of their own the primary one, on allauth's page,
keeps both: allauth has moved its row before it saves the person (`is_primary`).

Imports no model, so that the model of people can call it. To hear of a change:
connect to `address_changed`. To let somebody be called confirmed where something else has proven
that the mailbox is theirs: `User.confirm_email`.
"""

import unicodedata
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

# Sent after the commit, with `person` and the `former` address ("" for none).
address_changed = Signal()
TAKEN = _("Another account already uses this e-mail address.")


def normalized(email: str) -> str:
    """One spelling for one mailbox: lower case, as allauth looks it up, and composed (NFKC).

    A Korean domain may arrive decomposed, and the signs K and ſ pass for letters where case is
    ignored: each of them must not make a second account.
    """
    return clean(unicodedata.normalize("NFKC", email)).strip().lower()


def _rows() -> "QuerySet[EmailAddress]":
    rows: QuerySet[EmailAddress] = apps.get_model("account", "EmailAddress").objects.all()
    return rows


def is_confirmed(person: AbstractUser, email: str) -> bool:
    """Whether the person has shown that mail to this address reaches them."""
    mine = _rows().filter(user_id=person.pk, email=normalized(email), verified=True)
    return person.pk is not None and mine.exists()


def confirmed_among(ids: set[int]) -> set[int]:
    """Those of these people whose own address is confirmed."""
    rows = _rows().filter(user_id__in=ids, email=F("user__email"), verified=True)
    return set(rows.values_list("user_id", flat=True))


def confirmed_row() -> Exists:
    """For an annotation of people: whether each one's own address is confirmed."""
    mine = _rows().filter(user_id=OuterRef("pk"), email=OuterRef("email"), verified=True)
    return Exists(mine)


def is_primary(person: AbstractUser) -> bool:
    """Whether allauth's primary row of this person is the address that the person has now."""
    return _rows().filter(user_id=person.pk, email=person.email, primary=True).exists()


def is_taken(email: str, *, person: AbstractUser) -> bool:
    """Whether somebody else has it, as the account's address or confirmed beside it.

    What somebody else only claims, unconfirmed and beside their own, is taken from nobody.
    """
    address = normalized(email)
    if not address:
        return False
    confirmed = _rows().filter(email=address, verified=True).exclude(user_id=person.pk)
    accounts = get_user_model().objects.filter(email__iexact=address).exclude(pk=person.pk)
    return confirmed.exists() or accounts.exists()


def refuse_taken(person: AbstractUser) -> None:
    """Raise ValidationError if the person's address is somebody else's."""
    if is_taken(person.email, person=person):
        raise ValidationError({"email": TAKEN}, code="unique")


def follow(person: AbstractUser, *, former: str) -> None:
    """The rows of `person`, whose address was `former` and has been saved anew; in a transaction.

    A row that is confirmed for the new address stays confirmed.
    """
    _rows().filter(user_id=person.pk).exclude(email=person.email).delete()
    if person.email:
        _claim(person, verified=False)
    end_sessions(person)
    transaction.on_commit(
        lambda: address_changed.send(type(person), person=person, former=former), robust=True
    )


def confirm(person: AbstractUser) -> None:
    """The person's address is theirs: something else than a mail has proven it."""
    if not person.email:
        return
    refuse_taken(person)
    with transaction.atomic():
        _rows().filter(user_id=person.pk).exclude(email=person.email).update(primary=False)
        _claim(person, verified=True)


def _claim(person: AbstractUser, *, verified: bool) -> None:
    """The primary row of the person's address; nobody else's unproven claim to it stays."""
    _rows().filter(email=person.email, verified=False).exclude(user_id=person.pk).delete()
    row, _created = _rows().get_or_create(user_id=person.pk, email=person.email)
    row.primary, row.verified = True, row.verified or verified
    row.save()


def end_sessions(person: AbstractUser) -> None:
    """Sign the person out everywhere. What is no session yet dies with `get_session_auth_hash`."""
    for session in apps.get_model("usersessions", "UserSession").objects.filter(user_id=person.pk):
        session.end()
