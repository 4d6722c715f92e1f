"""How payments that were ticked by hand are named: in a page's URL, and in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# The parameter that holds their ids, once for each.
TICKED = "id"


def ticked_label(number: int) -> list[tuple[str, str]]:
    """(what, its value) in the place of a filter's."""
    label = ngettext("%(number)s ticked payment", "%(number)s ticked payments", number)
    return [(_("Selection"), label % {"number": number})]
