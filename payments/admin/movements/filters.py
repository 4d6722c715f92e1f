"""The filters of movements as the list shows them: in panels.

What they do is in `payments.filters.movements`. To give a filter its place, name it in `PANELS`.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.panels import Panels
from payments.filters import movements as filters

PANELS: Panels = (
    (pgettext_lazy("movements", "Day"), ("period", "from", "to")),
    (pgettext_lazy("movements", "Kind"), ("kind", "attempt")),
    (_("Payment method"), ("pay_method", "pg_provider", "pg_id", "test")),
    (_("Amount"), ("amount_min", "amount_max")),
)


class MovementFilter(filters.MovementFilter):
    """The same filters, with their places."""

    places = PANELS
