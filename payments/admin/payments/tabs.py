"""Views of the list: what everybody looks at every day, above it, and one's own, in the navigation.

To offer another one to everybody, add it to `PRESETS`.
"""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.access import staff
from payments.admin.shared.links import payment_list, payment_list_again
from payments.admin.shared.tabs import Presets, Tab, view_query
from payments.selectors.saved_views import own_views

PRESETS: Presets = (
    (_("All payments"), ""),
    (_("Needs attention"), "attention=any"),
    (_("Paid today"), "period=today"),
    (_("Refunded this month"), "basis=cancelled&period=this_month"),
)


def saved_tabs(request: HttpRequest) -> list[Tab]:
    """The person's own, for every page of the admin: one query by the owner's index."""
    if not request.user.has_perm("payments.view_payment"):
        return []
    current = view_query(request.GET) if request.path == payment_list() else None
    return [
        Tab(view.name, payment_list_again(view.query), current == view.query, view.pk)
        for view in own_views(staff(request))
    ]
