"""Personal data on staff screens: masked, unless this person has just said why they need to see it.

Whoever may unmask gives a reason, which is recorded (`PersonalDataAccess`); then their own session
shows everything for a quarter of an hour, and each payment and list that it shows is recorded too.
A screen that shows personal data calls `on_record` before it reads any: without that it stays
masked. Another personal field is shown through `email` or `text`. A screen offers the form with
`context` in its context (list and page of payments have it) and, outside any other form,
`{% include "admin/includes/unmask.html" %}`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from payments import conf
from payments.admin.shared.access import staff
from payments.admin.shared.links import OPENED, SHOW_LIST
from payments.core.addresses import caller_address
from payments.core.masking import mask
from payments.models import Payment, PersonalDataAccess
from payments.selectors.payments.customers import called
from payments.services.access_log import MAX_REASON, MIN_REASON, record_view

SHOWN_FOR = timedelta(minutes=15)
MAY_UNMASK = "payments.unmask_payment"
_SINCE, _REASON = "personal_data_since", "personal_data_reason"


class RecordedRequest(HttpRequest):
    """A request that is on record: it may show personal data."""

    shows_personal_data: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a session may show personal data, and why."""

    since: datetime
    reason: str

    @property
    def until(self) -> datetime:
        """When it is masked again."""
        return self.since + SHOWN_FOR


def window(request: HttpRequest) -> Window | None:
    """The one that this person, in this session, has open now."""
    since = request.session.get(_SINCE)
    if not since or not request.user.has_perm(MAY_UNMASK):
        return None
    opened = Window(datetime.fromisoformat(since), request.session[_REASON])
    # Both ways: a clock that is set back must not keep it open.
    return opened if abs(timezone.now() - opened.since) < SHOWN_FOR else None


def unmask(request: HttpRequest, access: PersonalDataAccess) -> None:
    """Show personal data from now on, for `SHOWN_FOR`, because of what `access` has recorded."""
    request.session[_SINCE] = access.at.isoformat()
    request.session[_REASON] = access.reason


def mask_again(request: HttpRequest) -> None:
    """Stop showing it before the time is over."""
    request.session.pop(_SINCE, None)
    request.session.pop(_REASON, None)


def on_record(
    request: HttpRequest, *, payment: Payment | None = None, query: str | None = None
) -> bool:
    """Record what this request is about to show, if it may show it unmasked; whether it may.

    `payment` is the one on the page; of a list, `query` says which, by default the URL's own.
    """
    opened = window(request)
    if opened is None:
        return False
    record_view(
        actor=staff(request),
        reason=opened.reason,
        since=opened.since,
        payment=payment,
        query=query_of(request.get_full_path()) if query is None else query,
        remote_address=remote_address(request),
    )
    cast(RecordedRequest, request).shows_personal_data = True
    return True


def is_unmasked(request: HttpRequest) -> bool:
    """Whether this request shows personal data: the time is right, and it is on record."""
    return getattr(request, "shows_personal_data", False) and window(request) is not None


def query_of(url: str) -> str:
    """How a record calls a list: by its filter, as it is written, whatever it looks like."""
    parts = urlsplit(url).query.split("&")
    return "&".join(part for part in parts if part.partition("=")[0] not in {OPENED, SHOW_LIST})


def context(request: HttpRequest) -> dict[str, Any]:
    """What the form and the banner of `unmask.html` need."""
    opened = window(request)
    until = f"{timezone.localtime(opened.until):%H:%M %Z}" if opened else ""
    return {
        "may_unmask": request.user.has_perm(MAY_UNMASK),
        "unmasked": opened is not None,
        "unmasked_until": until,
        "unmask_next": request.get_full_path(),
        "unmask_minutes": int(SHOWN_FOR.total_seconds() // 60),
        "unmask_reason_min": MIN_REASON,
        "unmask_reason_max": MAX_REASON,
    }


def remote_address(request: HttpRequest) -> str | None:
    """Where the request came from (behind a proxy, too); None if nobody tells."""
    return caller_address(meta=request.META, proxies=conf.trusted_proxies())


def email(person: AbstractBaseUser | None, *, unmasked: bool) -> str:
    """How a customer is called on a screen; a payment that was imported may have none yet."""
    if person is None:
        return _("No customer yet")
    return called(person, unmasked=unmasked)


def text(value: str, *, unmasked: bool) -> str:
    """Any other personal text."""
    return value if unmasked or not value else mask(value)
