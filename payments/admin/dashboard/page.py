"""The dashboard, the admin's first page: figures, a chart, what waits, what happened.

What a number means is defined in `selectors.dashboard`; each leads to the list of the movements or
payments that it adds up. To show something else: a key of `context`. A plain GET: `?period=7d`.
"""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.clock_alarm import clock_alarm
from payments.admin.shared.display import won
from payments.admin.shared.worker_alarm import alarm_sentence
from payments.core.db.clock import database_now
from payments.core.kst import day_of
from payments.core.periods import Days, Period, period_bounds
from payments.models import PaymentEvent
from payments.selectors import background, clock
from payments.selectors import dashboard as selector
from payments.selectors.dashboard import Dashboard
from payments.selectors.payments.customers import called_then, learn_confirmed
from payments.states import Source

from .figures import beside, tiles
from .waiting import discrepancies, waiting

PERIODS = (Period.TODAY, Period.WEEK, Period.MONTH, Period.QUARTER)
_STAFF = frozenset({Source.ADMIN, Source.COMMAND})


def may_see(request: HttpRequest) -> bool:
    """Whether the dashboard is for this person."""
    return request.user.has_perm("payments.view_payment")


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything that the template shows. What the person may not see is not asked for."""
    period = _period(request)
    today = day_of(timezone.now())
    figures = selector.dashboard(period_bounds(period, today))
    linked = request.user.has_perm("payments.view_movement")
    return {
        "dashboard": figures,
        "periods": [
            (choice.label, f"?period={choice.value}", choice is period) for choice in PERIODS
        ],
        "span": _span(figures.now.days),
        "span_before": _span(figures.before.days),
        "tiles": list(tiles(figures, linked=linked)),
        "beside": list(beside(figures, linked=linked)),
        "linked": linked,
        "days": list(reversed(figures.days.items())),
        "chart_span": _span((min(figures.days), max(figures.days))),
        "chart": _chart(figures),
        "alarm": _alarm(request),
        "gateway_silent_since": background.gateway_silent_since(),
        "clock_alarm": clock_alarm(clock.apart()),
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


def _chart(figures: Dashboard) -> dict[str, Any]:
    """What dashboard.js draws: the same numbers as the table."""
    return {
        "labels": [date_format(day, "m-d") for day in figures.days],
        "names": [date_format(day, "Y-m-d (D)") for day in figures.days],
        "gross": [totals.approved for totals in figures.days.values()],
        "refunded": [totals.refunded for totals in figures.days.values()],
        "words": {"gross": _("Gross"), "refunded": pgettext("figure", "Refunded")},
        "won": _("₩%(amount)s") % {"amount": "{}"},
    }


def _alarm(request: HttpRequest) -> str:
    """Whether nothing works in the background, for whoever may look after that."""
    if not request.user.has_perm("payments.view_worker"):
        return ""
    now = database_now()
    return alarm_sentence(background.alarm(now=now), now=now)


def _events(request: HttpRequest) -> list[tuple[PaymentEvent, str, str | Promise]]:
    """The newest events of any payment, each with its amount and who it was."""
    if not request.user.has_perm("payments.view_paymentevent"):
        return []
    events = selector.last_events()
    learn_confirmed(event.actor for event in events if _is_named(event))
    return [(event, _amount(event), _who(event)) for event in events]


def _amount(event: PaymentEvent) -> str:
    sign = "−" if event.amount < 0 else ""
    return f"{sign}{won(abs(event.amount))}" if event.amount else ""


def _who(event: PaymentEvent) -> str | Promise:
    """Staff by name; a customer's e-mail is personal, so the door they came through stands."""
    if _is_named(event):
        return called_then(event.actor_name, event.actor)
    return Source(event.source).label


def _is_named(event: PaymentEvent) -> bool:
    return bool(event.actor_name) and Source(event.source) in _STAFF
