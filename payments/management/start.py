"""What keeps web and worker from starting: a production that the deployment checks call unsafe.

Web servers ask through `backoffice.wsgi`, the worker and the schedule by their commands. To let
another of Django's own warnings stop a start: `_STOPPING`.
"""

import logging

from django.core.checks import ERROR, CheckMessage, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from payments import conf

logger = logging.getLogger(__name__)

# EX_CONFIG of sysexits.h, for commands.
UNSAFE = 78
# Warnings of Django's own that leave no doubt: a key that can be guessed, no host at all.
_STOPPING = {"security.W009", "security.W020"}


def refuse_if_unsafe() -> None:
    """Raise ImproperlyConfigured with every fault and its way out; nothing while DEBUG is on.

    Warnings of ours are logged, once for each start.
    """
    if not conf.is_production():
        return
    messages = run_checks(tags=[Tags.security], include_deployment_checks=True)
    # A check may have asked the database, long before the first request does.
    connection.close()
    faults = [message for message in messages if _stops(message)]
    if faults:
        raise ImproperlyConfigured(_report(faults))
    for message in messages:
        if str(message.id).startswith("backoffice."):
            logger.warning(message.msg, extra={"check": message.id})


def _stops(message: CheckMessage) -> bool:
    return not message.is_silenced() and (message.level >= ERROR or message.id in _STOPPING)


def _report(faults: list[CheckMessage]) -> str:
    parts = [f"({fault.id}) {fault.msg}\n    {fault.hint or ''}".rstrip() for fault in faults]
    head = "This production is not safe to start (manage.py check --deploy says the same):"
    return "\n\n".join([head, *parts])
