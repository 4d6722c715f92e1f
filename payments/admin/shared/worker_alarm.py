"""The sentence that says that no background work is done, for dashboard and screen alike.

When that is so is decided in `selectors.background.alarm`.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from payments.selectors.background import Alarm

from .display import duration


def alarm_sentence(alarm: Alarm | None, *, now: datetime) -> str:
    """What is wrong, "" if all is well."""
    if alarm is None:
        return ""
    if alarm.since is None:
        return _("No worker has run here yet, so no background work is done.")
    sentence = (
        _("A task has waited for %(time)s although workers are there.")
        if alarm.is_busy
        else _("Nothing has worked for %(time)s.")
    )
    return sentence % {"time": duration((now - alarm.since).total_seconds())}
