"""Who sees personal data unmasked, or takes payments out, and why: on record before they get it.

A row is written in a transaction of its own, so that it is there whatever becomes of the answer. It
stays for good; what was searched for can be erased from beside it (`erase_queries`). To record
another way of seeing: a member of `AccessKind`.
"""

import secrets
from datetime import datetime
from urllib.parse import quote_plus

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean
from payments.errors import NotAllowed
from payments.models import AccessKind, AccessQuery, Payment, PersonalDataAccess

# Shorter is no reason but a key held down.
MIN_REASON = 5
MAX_REASON = 500
# A Korean name has two characters at least.
MIN_WORDS = 2
TOO_SHORT = _("Give at least %(limit)s characters of what was searched for.")
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
    kept = AccessQuery(query=clean(query), salt=secrets.token_hex(16))
    access = PersonalDataAccess(
        at=timezone.now(),
        actor_id=actor.pk,
        actor_name=clean(str(actor), 254),
        kind=kind,
        unmasked=unmasked,
        reason=text,
        payment=payment,
        query_hash=kept.hash if kept.query else "",
        rows=rows,
        remote_address=remote_address,
    )
    if not kept.query:
        access.save(force_insert=True)
        return access
    with transaction.atomic():
        access.save(force_insert=True)
        kept.access = access
        kept.save(force_insert=True)
    return access


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
    kept = clean(query)
    of_list = {"kept_query__query": kept} if kept else {"query_hash": ""}
    what = {"payment": payment} if payment else {"payment": None, **of_list}
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


def erase_queries(*, words: str) -> int:
    """Erase the filters of accesses that hold these words, as they were typed; how many there were.

    Who looked, when and why stays, and that there was a filter. Raises NotAllowed for less than
    `MIN_WORDS` characters, which would find too much.
    """
    if len(words.strip()) < MIN_WORDS:
        raise NotAllowed(TOO_SHORT % {"limit": MIN_WORDS})
    # As in a URL; a letter may be written there in two ways (%EA, %ea).
    written = Q(query__icontains=words.strip()) | Q(query__icontains=quote_plus(words.strip()))
    return AccessQuery.objects.filter(written).delete()[0]
