"""Who sees personal data unmasked, or takes payments out, and why: on record before they get it.

A row is written in a transaction of its own, so that it is there whatever becomes of the answer. To
record another way of seeing: a member of `AccessKind`.
"""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean
from payments.errors import NotAllowed
from payments.models import AccessKind, Payment, PersonalDataAccess

# Shorter is no reason but a key held down.
MIN_REASON = 5
MAX_REASON = 500
REASON_NEEDED = _("Say in a few words why you need this: at least %(limit)s characters.")


def record_access(
    *,
    actor: AbstractBaseUser,
    kind: AccessKind,
    reason: str,
    unmasked: bool,
    payment: Payment | None = None,
    query: str = "",
    rows: int = 1,
    remote_address: str | None = None,
) -> PersonalDataAccess:
    """Write down that `actor` is about to see `rows` payments. Raises NotAllowed without a reason.

    `query` is the filter of the list, as in its URL. `rows` may be one more than is counted.
    """
    text = clean(reason.strip(), MAX_REASON)
    if len(text) < MIN_REASON:
        raise NotAllowed(REASON_NEEDED % {"limit": MIN_REASON})
    return PersonalDataAccess.objects.create(
        at=timezone.now(),
        actor_id=actor.pk,
        actor_name=clean(str(actor), 254),
        kind=kind,
        unmasked=unmasked,
        reason=text,
        payment=payment,
        query=clean(query),
        rows=rows,
        remote_address=remote_address,
    )


def record_view(
    *,
    actor: AbstractBaseUser,
    reason: str,
    since: datetime,
    payment: Payment | None,
    query: str,
    remote_address: str | None,
) -> None:
    """Write down that `actor` is about to see this unmasked, unless it is on record since `since`.

    A payment is one thing however its page is asked for; of lists, each filter and page is another.
    """
    what = {"payment": payment} if payment else {"payment": None, "query": clean(query)}
    recorded = PersonalDataAccess.objects.filter(
        actor_id=actor.pk, kind=AccessKind.VIEWED, reason=reason, at__gte=since, **what
    )
    if recorded.exists():
        return
    record_access(
        actor=actor,
        kind=AccessKind.VIEWED,
        reason=reason,
        unmasked=True,
        payment=payment,
        query=query,
        remote_address=remote_address,
    )
