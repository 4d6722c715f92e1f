"""The dashboard, the admin's first page: figures, a chart, what waits, what happened.

What a number means is defined in `selectors.dashboard`; each leads to the list of the payments that
it adds up. To show something else: a key of `context`. A plain GET: `?period=7d`.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.display import moment, pay_method, won
from payments.admin.shared.links import payment_list_of_days
from payments.admin.shared.worker_alarm import alarm_sentence
from payments.core.kst import day_of
from payments.core.periods import Days, Period, period_bounds
from payments.models import PaymentEvent
from payments.selectors import background
from payments.selectors import dashboard as selector
from payments.selectors.dashboard import Dashboard
from payments.states import EventKind, Source

from .figures import percent, tiles
from .waiting import discrepancies, waiting

PERIODS = (Period.TODAY, Period.WEEK, Period.MONTH, Period.QUARTER)
_STAFF = frozenset({Source.ADMIN, Source.COMMAND})


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of any payment."""

    when: SafeString | str
    what: str | Promise
    amount: str
    who: str | Promise
    payment: str
    url: str


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
        "periods": [
            (choice.label, f"?period={choice.value}", choice is period) for choice in PERIODS
        ],
        "span": _span(figures.now.days),
        "span_before": _span(figures.before.days),
        "tiles": list(tiles(figures)),
        "methods": _methods(figures),
        "days": _days(figures),
        "chart_span": _span((figures.days[0].day, figures.days[-1].day)),
        "chart": _chart(figures),
        "alarm": _alarm(request),
        "waiting": list(waiting(request)),
        "discrepancies": list(discrepancies(request)),
        "events": _events(request),
    }


def _period(request: HttpRequest) -> Period:
    wanted = request.GET.get("period")
    return next((period for period in PERIODS if period.value == wanted), Period.WEEK)


def _span(days: Days) -> str:
    first, last = (day.isoformat() for day in days)
    return first if first == last else f"{first} – {last}"


def _methods(figures: Dashboard) -> list[tuple[str, str, str, str, int]]:
    """(method, gross, part, URL, part in whole per cent) of each method."""
    days = figures.now.days
    return [
        (
            pay_method(share.pay_method),
            won(share.totals.gross),
            percent(share.part),
            payment_list_of_days(*days, pay_method=share.pay_method) if share.pay_method else "",
            round(share.part * 100),
        )
        for share in figures.methods
    ]


def _days(figures: Dashboard) -> list[tuple[str, str, str, str, str]]:
    """(day, gross, refunded, net, URL) of each day of the chart, the newest first."""
    return [
        (
            date_format(row.day, "Y-m-d (D)"),
            won(row.gross),
            won(row.refunded),
            won(row.gross - row.refunded),
            payment_list_of_days(row.day, row.day),
        )
        for row in reversed(figures.days)
    ]


def _chart(figures: Dashboard) -> dict[str, Any]:
    """What dashboard.js draws: the same numbers as the table."""
    return {
        "labels": [date_format(row.day, "m-d") for row in figures.days],
        "names": [date_format(row.day, "Y-m-d (D)") for row in figures.days],
        "gross": [row.gross for row in figures.days],
        "refunded": [row.refunded for row in figures.days],
        "words": {"gross": _("Gross"), "refunded": pgettext("figure", "Refunded")},
        "won": _("₩%(amount)s") % {"amount": "{}"},
    }


def _alarm(request: HttpRequest) -> str:
    """Whether nothing works in the background, for whoever may look after that."""
    if not request.user.has_perm("payments.view_worker"):
        return ""
    now = timezone.now()
    return alarm_sentence(background.alarm(now=now), now=now)


def _events(request: HttpRequest) -> list[EventRow]:
    if not request.user.has_perm("payments.view_paymentevent"):
        return []
    return [_event(event) for event in selector.last_events()]


def _event(event: PaymentEvent) -> EventRow:
    """Staff by name; a customer's e-mail is personal, so the door they came through stands."""
    source = Source(event.source)
    sign = "−" if event.amount < 0 else ""
    return EventRow(
        when=moment(event.recorded_at),
        what=EventKind(event.kind).label,
        amount=f"{sign}{won(abs(event.amount))}" if event.amount else "",
        who=event.actor_name if source in _STAFF and event.actor_name else source.label,
        payment=event.payment.merchant_uid,
        url=reverse("admin:payments_payment_change", args=[event.payment_id]),
    )
