"""The daily close: a finished Korean day is frozen, in order, and chained to the day before.

A close holds its movements as text (`selectors.daily_close.lines`) and what they add up to
(`.figures`), so the list of movements of that day and the close say the same. It is written once;
what is learnt of the day afterwards is drift (`.closes`). Where closing begins is chosen by a
person: the clock closes nothing before. Nothing is asked of the gateway here: reconciling a day
first is handed in. `audit` proves that nobody has changed a close.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.core import hashing
from payments.core.kst import day_of
from payments.core.text import clean
from payments.errors import Conflict, NotAllowed
from payments.locks import closing_days
from payments.models import DailyClose, Discrepancy, ReconciliationRun
from payments.selectors.daily_close.closes import ONE_DAY, figures_now, newest, open_days
from payments.selectors.daily_close.figures import GROUPS, stored
from payments.selectors.daily_close.lines import lines_of
from payments.services.clock import is_apart
from payments.services.reconciliation import is_enough

NOT_OVER = gettext_lazy("This day is not over yet in Korea. It can be closed from midnight on.")
CLOSED = gettext_lazy("This day is closed already. A close is never changed.")
CLOCKS_APART = gettext_lazy(
    "Our clock and the gateway's do not agree, so nobody can say which days are over. No day can "
    "be closed until they do."
)
JUST_CLOSED = gettext_lazy("Somebody else has just closed a day. Look at it, then decide.")
CHANGED = gettext_lazy(
    "The money of this day has changed while you looked at it. Nothing was closed; look at the "
    "figures again."
)
NOT_BEGUN = gettext_lazy(
    "Nobody has chosen yet with which day closing begins. The first day is closed by a person."
)

_NUMBERS = (
    *("count", "approvals", "approved", "refunds_same_day", "refunded_same_day"),
    *("refunds_earlier", "refunded_earlier", "net", "refunded_later"),
)
_PARTS = ("by_kind", *GROUPS, "others", "tests")

# The run that reconciled a day, or None where there is nothing to reconcile it with.
Reconcile = Callable[[date], ReconciliationRun | None]


def close_day(
    *,
    day: date,
    actor: AbstractBaseUser | None,
    run: ReconciliationRun | None = None,
    seen: str = "",
) -> DailyClose:
    """Freeze a finished day as it is now. `actor` None is the schedule.

    `seen` is the content hash of the figures that a person agreed to, "" for whatever they are.
    Raises NotAllowed (not over, closed already, not the next one, not begun by a person) and
    Conflict (somebody closed a day at the same moment, or the day is not what was `seen`).
    """
    before = newest()
    if before is None and actor is None:
        raise NotAllowed(NOT_BEGUN)
    if refusal := refusal_of(day=day, last=before, now=timezone.now()):
        raise NotAllowed(refusal)
    with closing_days():
        if newest() != before:
            raise Conflict(JUST_CLOSED)
        close = _frozen(day, actor, run, before)
        if seen and seen != close.content_hash:
            raise Conflict(CHANGED)
        close.save(force_insert=True)
    return close


def refusal_of(*, day: date, last: DailyClose | None, now: datetime) -> str | Promise | None:
    """Why this day can't be closed now, None if it can. `last` is the last close."""
    if is_apart():
        return CLOCKS_APART
    if day >= day_of(now):
        return NOT_OVER
    if last is None or day == last.day + ONE_DAY:
        return None
    if day > last.day:
        first = last.day + ONE_DAY
        return _("Days are closed one after the other. Close %(day)s first.") % {"day": first}
    if DailyClose.objects.filter(day=day).exists():
        return CLOSED
    return _("Closing began after this day, so it can't be closed any more.")


def _frozen(
    day: date,
    actor: AbstractBaseUser | None,
    run: ReconciliationRun | None,
    before: DailyClose | None,
) -> DailyClose:
    """The close, hashed, not saved. Call inside `closing_days`."""
    # Taken first: what is learnt from now on may be in no line.
    closed_at = timezone.now()
    lines = lines_of(day)
    close = DailyClose(
        day=day,
        closed_at=closed_at,
        actor_id=actor.pk if actor else None,
        actor_name=clean(str(actor), 254) if actor else "",
        run=run,
        **stored(figures_now(day, lines)),
        open_discrepancies=Discrepancy.objects.filter(is_open=True).count(),
        lines=lines,
        content_hash=hashing.of_text(lines),
        previous_hash=before.hash if before else "",
    )
    close.hash = close_hash(close=close)
    return close


def close_hash(*, close: DailyClose) -> str:
    """SHA-256 over all figures and the hash of the close before."""
    return hashing.chained(_hashed_fields(close))


def _hashed_fields(close: DailyClose) -> Iterable[object]:
    yield close.previous_hash
    yield close.day.isoformat()
    yield close.closed_at.astimezone(UTC).isoformat()
    yield close.actor_id or ""
    yield close.actor_name
    yield close.run_id or ""
    yield from (getattr(close, name) for name in _NUMBERS)
    yield from (
        json.dumps(getattr(close, name), sort_keys=True, separators=(",", ":")) for name in _PARTS
    )
    yield close.open_discrepancies
    yield close.content_hash


def close_finished_days(*, now: datetime, reconcile: Reconcile) -> list[DailyClose]:
    """Close every finished day that is still open, in order, each after it was reconciled.

    None before a person has closed the first.

    `reconcile` brings the run for a day. One that is not done yet, or that is to be followed by
    another because payments had no answer, ends the work here: the day stays open, as do those
    after it, until this is called again (`selectors.daily_close.closes.open_days` says what is
    left). Safe to call twice and at any time: a day that somebody else closes is passed over.
    """
    closes = []
    for day in open_days(now=now):
        run = reconcile(day)
        if run is not None and not is_enough(run=run):
            break
        try:
            closes.append(close_day(day=day, actor=None, run=run))
        except (Conflict, NotAllowed):
            # Somebody closed it while it was being reconciled; whether the next one can be closed
            # is asked anew.
            continue
    return closes
