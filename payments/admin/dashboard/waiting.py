"""The dashboard's tiles of what waits for somebody; each leads to its list.

Payments and what else waits are counted in `selectors.dashboard.waiting`, discrepancies in
`selectors.discrepancies.queue`. To show another one: for payments, a reason in
`selectors.payments.attention`; otherwise a count in `selectors.dashboard` and a line in `_OTHERS`
with its right in `_RIGHTS`, or a tile in `discrepancies`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.admin.shared.access import staff
from payments.admin.shared.links import (
    DRIFT,
    LEARNT,
    OLDEST_FIRST,
    discrepancy_list,
    failed_webhook_list,
    payment_list,
)
from payments.core.money import with_separators, won
from payments.models import NOT_ENDED
from payments.selectors import dashboard as selector
from payments.selectors.daily_close.closes import learnt_lately
from payments.selectors.dashboard import (
    COUNTED_AT_MOST,
    FAILED_TASKS,
    FAILED_WEBHOOKS,
    OPEN_RECONCILIATIONS,
    OPEN_RUNS,
    PARKED,
)
from payments.selectors.discrepancies import queue
from payments.selectors.payments.attention import Attention

Counts = Mapping[str, int]
# Whom what waits besides payments is for.
_RIGHTS = {
    FAILED_WEBHOOKS: "payments.view_webhookdelivery",
    OPEN_RUNS: "payments.view_verificationrun",
    OPEN_RECONCILIATIONS: "payments.view_reconciliationrun",
    FAILED_TASKS: "payments.view_worker",
    PARKED: "payments.view_worker",
}


@dataclass(frozen=True, slots=True)
class WaitingTile:
    """How many things wait for one reason."""

    label: str | Promise
    number: str
    url: str
    is_empty: bool


def waiting(request: HttpRequest) -> Iterator[WaitingTile]:
    """Payments first, then what else this person may look after."""
    may = request.user.has_perm
    others = [reason for reason, right in _RIGHTS.items() if may(right)]
    counts = selector.waiting(timezone.now(), others=others)
    for reason in Attention:
        query = urlencode({"attention": reason.value})
        yield _tile(reason.label, counts[reason], payment_list(query))
    for names, label, url in _OTHERS:
        if numbers := [counts[name] for name in names if name in counts]:
            yield _tile(label, sum(numbers), url(counts))
    if may("payments.view_dailyclose"):
        yield _drifted_closes()


def _tile(label: str | Promise, number: int, url: str) -> WaitingTile:
    display = f"{COUNTED_AT_MOST:,}+" if number > COUNTED_AT_MOST else f"{number:,}"
    return WaitingTile(label, display, url, not number)


def _drifted_closes() -> WaitingTile:
    """A later refund is of another day; what was learnt of a closed one calls for somebody."""
    url = f"{reverse('admin:payments_dailyclose_changelist')}?{DRIFT}={LEARNT}"
    label = gettext_lazy("Closed days of which money was learnt later")
    return _tile(label, len(learnt_lately()), url)


def _failed_webhooks(counts: Counts) -> str:
    return failed_webhook_list()


def _open_runs(counts: Counts) -> str:
    """The list of the kind that has any, verification runs first."""
    kinds = {OPEN_RUNS: "verificationrun", OPEN_RECONCILIATIONS: "reconciliationrun"}
    visible = [name for name in kinds if name in counts]
    kind = kinds[next((name for name in visible if counts[name]), visible[0])]
    return f"{reverse(f'admin:payments_{kind}_changelist')}?status__in={','.join(NOT_ENDED)}"


def _background(section: str) -> Callable[[Counts], str]:
    return lambda counts: f"{reverse('admin:payments_worker_changelist')}#{section}"


# What waits besides payments: its counts, its label and the list of it.
_OTHERS: tuple[tuple[tuple[str, ...], str | Promise, Callable[[Counts], str]], ...] = (
    ((FAILED_WEBHOOKS,), gettext_lazy("Webhook that could not be processed"), _failed_webhooks),
    ((OPEN_RUNS, OPEN_RECONCILIATIONS), gettext_lazy("Runs that have not ended"), _open_runs),
    ((PARKED,), gettext_lazy("Payments a run could not process"), _background("parked")),
    ((FAILED_TASKS,), gettext_lazy("Background tasks failed within a day"), _background("failed")),
)


def discrepancies(request: HttpRequest) -> Iterator[WaitingTile]:
    """How much is open, since when, and how much of it is this person's; nothing for others."""
    if not request.user.has_perm("payments.view_discrepancy"):
        return
    figures = queue(staff(request))
    at_risk = _("open discrepancies, %(amount)s at stake") % {"amount": won(figures.amount)}
    yield WaitingTile(
        at_risk, with_separators(figures.count), discrepancy_list(), not figures.count
    )
    days = (timezone.now() - figures.oldest).days if figures.oldest else 0
    age = ngettext("day since the oldest was found", "days since the oldest was found", days)
    yield WaitingTile(age, with_separators(days), discrepancy_list(OLDEST_FIRST), not days)
    own, url = _("discrepancies of mine"), discrepancy_list("owner=me")
    yield WaitingTile(own, with_separators(figures.mine), url, not figures.mine)
