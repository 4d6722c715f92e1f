"""Filters of the payments list that a person keeps under a name. Everybody has only their own.

A view is a query string and nothing more: what it shows is decided when it is opened, by who opens
it.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean, filled, plain
from payments.errors import NotAllowed
from payments.models import SavedView

MAX_NAME = 60
MAX_QUERY = 2_000
# A strip of names, not an archive.
MAX_VIEWS = 20

NAME_NEEDED = filled(_("Give the view a name of at most %(limit)s characters."), limit=MAX_NAME)
NOTHING_TO_SAVE = _("Filter the list first; then the filter can be saved.")
TOO_MANY = filled(_("You have %(limit)s saved views. Delete one first."), limit=MAX_VIEWS)


def keep(*, owner: AbstractBaseUser, name: str, query: str) -> SavedView:
    """Keep `query` under `name`; the same name again replaces it.

    Raises NotAllowed (no name or too long a one, nothing to save, too many).
    """
    name = plain(clean(name))
    if not name or len(name) > MAX_NAME:
        raise NotAllowed(NAME_NEEDED)
    if not query or len(query) > MAX_QUERY:
        raise NotAllowed(NOTHING_TO_SAVE)
    with transaction.atomic():
        others = SavedView.objects.filter(owner_id=owner.pk).exclude(name=name)
        if others.count() >= MAX_VIEWS:
            raise NotAllowed(TOO_MANY)
        view, _created = SavedView.objects.update_or_create(
            owner_id=owner.pk, name=name, defaults={"query": query}
        )
    return view


def forget(*, owner: AbstractBaseUser, pk: int) -> str | None:
    """Forget a view of the owner's; its name, or None if there is no such view of theirs."""
    view = SavedView.objects.filter(owner_id=owner.pk, pk=pk).first()
    if view is None:
        return None
    view.delete()
    return view.name
