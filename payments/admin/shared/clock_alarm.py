"""The sentences that say that our clocks are wrong, for dashboard and screen alike.

When that is so is decided in `services.clock` and kept in the row that `selectors.clock` reads.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.models import MOST_APART, ClockComparison

from .display import duration


@dataclass(frozen=True, slots=True)
class ClockAlarm:
    """What is wrong, and what to do about it."""

    what: str
    remedy: str


def clock_alarm(apart: ClockComparison | None) -> ClockAlarm | None:
    """None if all is well."""
    if apart is None:
        return None
    what = (
        _("Our clock is %(time)s ahead of the gateway's.")
        if apart.skew > 0
        else _("Our clock is %(time)s behind the gateway's.")
    )
    minutes = int(MOST_APART.total_seconds() // 60)
    limit = ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    return ClockAlarm(
        f"{what % {'time': duration(abs(apart.skew))}} "
        + _("Until they agree, no day is closed, no order is given up and no job is planned."),
        _(
            "Set the time of the machine “%(host)s” and of the database server right and keep it "
            "so (NTP). Once the clocks are less than %(limit)s apart, everything goes on by itself."
        )
        % {"host": apart.host, "limit": limit},
    )
