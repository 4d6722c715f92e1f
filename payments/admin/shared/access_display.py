"""How an access to personal data is told: what was looked at, and how much of it."""

from django.utils.translation import gettext as _

from payments.core.db import paginator
from payments.core.money import with_separators
from payments.models import PersonalDataAccess


def query_words(access: PersonalDataAccess) -> str:
    """The filter; or that it was erased, or is not the one that was recorded."""
    if access.is_query_erased:
        return _("erased")
    if access.is_query_changed:
        return _("%(filter)s (changed after it was recorded)") % {"filter": access.query}
    return access.query


def counted(number: int) -> str:
    """How many there were, as far as they were counted."""
    most = paginator.COUNTED_AT_MOST
    return f"{most:,}+" if number > most else with_separators(number)
