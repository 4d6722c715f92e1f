"""The dashboard, the admin's first page, in words: figures, a chart, what waits, what happened.

What a number means is defined in `selectors.dashboard`; each leads to the list of the payments that
it adds up. To show something else: a key of `context`. A plain GET: `?period=7d`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.admin.background.page import alarm_words
from payments.admin.daily_close.admin import APPROVALS, DRIFT
from payments.admin.shared.display import moment, pay_method, won
from payments.core.kst import day_of
from payments.core.periods import Days, Period, period_bounds
from payments.models import NOT_ENDED, DeliveryOutcome, PaymentEvent
from payments.selectors import background
from payments.selectors import dashboard as selector
from payments.selectors.daily_close.closes import moved_lately
from payments.selectors.dashboard import (
    COUNTED_AT_MOST,
    FAILED_TASKS,
    FAILED_WEBHOOKS,
    OPEN_RECONCILIATIONS,
    OPEN_RUNS,
    PARKED,
    Dashboard,
)
from payments.selectors.payments.attention import Attention
from payments.states import EventKind, Source

from . import waiting
from .figures import list_of, of_days, percent, tiles

PERIODS = (Period.TODAY, Period.WEEK, Period.MONTH, Period.QUARTER)
Counts = Mapping[str, int]
_STAFF = frozenset({Source.ADMIN, Source.COMMAND})


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait for one reason."""

    label: str | Promise
    number: str
    address: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of any payment."""

    when: SafeString | str
    what: str | Promise
    amount: str
    who: str | Promise
    payment: str
    address: str


def may_see(request: HttpRequest) -> bool:
    """Whether the dashboard is for this person."""
    return request.user.has_perm("payments.view_payment")


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything that the template shows. What the person may not see is not asked for."""
    period = _period(request)
    today = day_of(timezone.now())
    figures = selector.dashboard(period_bounds(period, today))
    return {
        "dashboard": figures,
        "periods": [(one.label, f"?period={one.value}", one is period) for one in PERIODS],
        "span": _span(figures.now.days),
        "span_before": _span(figures.before.days),
        "tiles": list(tiles(figures)),
        "methods": _methods(figures),
        "days": _days(figures),
        "chart_span": _span((figures.days[0].day, figures.days[-1].day)),
        "chart": _chart(figures),
        "alarm": _alarm(request),
        "waiting": list(_waiting(request)),
        "queue": list(waiting.tiles(request)),
        "happened": _happened(request),
    }


def _period(request: HttpRequest) -> Period:
    wanted = request.GET.get("period")
    return next((one for one in PERIODS if one.value == wanted), Period.WEEK)


def _span(days: Days) -> str:
    first, last = (day.isoformat() for day in days)
    return first if first == last else f"{first} – {last}"


def _methods(figures: Dashboard) -> list[tuple[str, str, str, str, int]]:
    """(method, gross, part, address, part in whole per cent) of each method."""
    days = figures.now.days
    return [
        (
            pay_method(share.pay_method),
            won(share.totals.gross),
            percent(share.part),
            of_days(days, pay_method=share.pay_method) if share.pay_method else "",
            round(share.part * 100),
        )
        for share in figures.methods
    ]


def _days(figures: Dashboard) -> list[tuple[str, str, str, str, str]]:
    """(day, gross, refunded, net, address) of each day of the chart, the newest first."""
    return [
        (
            date_format(one.day, "Y-m-d (D)"),
            won(one.gross),
            won(one.refunded),
            won(one.gross - one.refunded),
            of_days((one.day, one.day)),
        )
        for one in reversed(figures.days)
    ]


def _chart(figures: Dashboard) -> dict[str, Any]:
    """What dashboard.js draws: the same numbers as the table."""
    return {
        "labels": [date_format(one.day, "m-d") for one in figures.days],
        "names": [date_format(one.day, "Y-m-d (D)") for one in figures.days],
        "gross": [one.gross for one in figures.days],
        "refunded": [one.refunded for one in figures.days],
        "words": {"gross": _("Gross"), "refunded": pgettext("figure", "Refunded")},
        "won": _("₩%(amount)s") % {"amount": "{}"},
    }


def _waiting(request: HttpRequest) -> Iterator[Waiting]:
    may = request.user.has_perm
    counts = selector.waiting(
        timezone.now(),
        with_inbox=may("payments.view_webhookdelivery"),
        with_runs=may("payments.view_verificationrun"),
        with_reconciliations=may("payments.view_reconciliationrun"),
        with_work=may("payments.view_worker"),
    )
    for why in Attention:
        yield _wait(why.label, counts[why], list_of(attention=why.value))
    for names, label, address in _OTHERS:
        if found := [counts[name] for name in names if name in counts]:
            yield _wait(label, sum(found), address(counts))
    if may("payments.view_dailyclose"):
        # A later refund moves a closed day as it should; what calls for somebody is the rest.
        days = [day for day, by in moved_lately().items() if not by.is_refunds_alone]
        closes = reverse("admin:payments_dailyclose_changelist")
        changed = gettext_lazy("Closed days whose payments have changed since")
        yield _wait(changed, len(days), f"{closes}?{DRIFT}={APPROVALS}")


def _failed_webhooks(counts: Counts) -> str:
    query = urlencode({"outcome__exact": DeliveryOutcome.FAILED.value})
    return f"{reverse('admin:payments_webhookdelivery_changelist')}?{query}"


def _open_runs(counts: Counts) -> str:
    """The list of the kind that has any, verification runs first."""
    kinds = {OPEN_RUNS: "verificationrun", OPEN_RECONCILIATIONS: "reconciliationrun"}
    seen = [name for name in kinds if name in counts]
    kind = kinds[next((name for name in seen if counts[name]), seen[0])]
    return f"{reverse(f'admin:payments_{kind}_changelist')}?status__in={','.join(NOT_ENDED)}"


def _work(part: str) -> Callable[[Counts], str]:
    return lambda counts: f"{reverse('admin:payments_worker_changelist')}#{part}"


# What waits besides payments: its counts, its words and the list of it.
_OTHERS: tuple[tuple[tuple[str, ...], str | Promise, Callable[[Counts], str]], ...] = (
    ((FAILED_WEBHOOKS,), gettext_lazy("Webhook that could not be processed"), _failed_webhooks),
    ((OPEN_RUNS, OPEN_RECONCILIATIONS), gettext_lazy("Runs that have not ended"), _open_runs),
    ((PARKED,), gettext_lazy("Payments a run could not process"), _work("parked")),
    ((FAILED_TASKS,), gettext_lazy("Background tasks failed within a day"), _work("failed")),
)


def _alarm(request: HttpRequest) -> str:
    """Whether nothing works in the background, for whoever may look after that."""
    if not request.user.has_perm("payments.view_worker"):
        return ""
    now = timezone.now()
    found = background.alarm(now=now)
    return alarm_words(found, now) if found else ""


def _wait(label: str | Promise, number: int, address: str) -> Waiting:
    words = f"{COUNTED_AT_MOST:,}+" if number > COUNTED_AT_MOST else f"{number:,}"
    return Waiting(label, words, address, not number)


def _happened(request: HttpRequest) -> list[Happened]:
    if not request.user.has_perm("payments.view_paymentevent"):
        return []
    return [_event(event) for event in selector.last_events()]


def _event(event: PaymentEvent) -> Happened:
    """Staff by name; a customer's address is personal, so the door they came through stands."""
    source = Source(event.source)
    sign = "−" if event.amount < 0 else ""
    return Happened(
        when=moment(event.recorded_at),
        what=EventKind(event.kind).label,
        amount=f"{sign}{won(abs(event.amount))}" if event.amount else "",
        who=event.actor_name if source in _STAFF and event.actor_name else source.label,
        payment=event.payment.merchant_uid,
        address=reverse("admin:payments_payment_change", args=[event.payment_id]),
    )
