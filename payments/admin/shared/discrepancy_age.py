"""How old a discrepancy is: for how many days it has waited, marked from the third day on.

Who works the queue off sees what waits too long: another limit goes into `LIMITS`. The filter by
age (`payments.filters.discrepancies.Age`) offers the same days.
"""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from payments.models import Discrepancy

from .display import age, badge, moment

# From so many days on it looks so, the longest first.
LIMITS = ((7, "bad"), (3, "wait"))


def found_ago(discrepancy: Discrepancy) -> SafeString:
    """How long it has been known; when exactly beneath."""
    return format_html(
        '<span class="age">{}</span><span class="small soft">{}</span>',
        _waited(discrepancy) if discrepancy.is_open else _ago(discrepancy),
        moment(discrepancy.found_at),
    )


def _waited(discrepancy: Discrepancy) -> SafeString | str:
    """Of what somebody still has to do something about, in whole days."""
    days = (timezone.now() - discrepancy.found_at).days
    if days < 1:
        return _ago(discrepancy)
    label = ngettext("%(number)s day old", "%(number)s days old", days) % {"number": days}
    look = next((look for limit, look in LIMITS if days >= limit), "")
    return badge(look, label) if look else label


def _ago(discrepancy: Discrepancy) -> str:
    return age(discrepancy.found_at, timezone.now())
