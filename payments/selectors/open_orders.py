"""Open orders: whether the gateway's "there is no such payment" can be believed yet.

A payment may show at the gateway a moment after it was made (contract 9#35). So a 404 about an open
order says nothing while something has just happened to it: it was made, its customer's browser came
back from the window, a webhook named it. To let another sign count, add it to `_last_sign`. And it
may pass at any time: it is believed once it was said twice in a row.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from payments.models import UNSETTLED, Payment
from payments.states import ANSWERS, EventKind, Source, Verification

# A payment that was made is at the gateway after so long, or was never made.
SHOWS_WITHIN = timedelta(seconds=30)

# The browser tells of an attempt, or arrives from the window; asking once more is no sign.
_SIGNS = (
    Q(source=Source.REDIRECT)
    | Q(source=Source.BROWSER) & ~Q(imp_uid="")
    | Q(source=Source.GIVE_UP, note__startswith="imp")
)


def may_still_appear(payment: Payment) -> bool:
    """Whether a payment of this order may be under way of which the last answer knew nothing.

    "No such payment" has to come some time after the last sign, any other answer only after it.
    """
    if payment.verified_at is None:
        return False
    is_absent = payment.verification == Verification.NOT_FOUND
    known_after = SHOWS_WITHIN if is_absent else timedelta()
    return payment.verified_at - _last_sign(payment) < known_after


def is_absent(payment: Payment, *, times: int = 2) -> bool:
    """Whether the last so many answers about the payment all said that there is none."""
    # About another id than its own it says nothing about the payment.
    about_it = ~Q(kind=EventKind.NOT_FOUND) | Q(imp_uid__in={"", payment.imp_uid or ""})
    answers = payment.events.filter(about_it, kind__in=ANSWERS).order_by("-sequence")
    last = list(answers.values_list("kind", flat=True)[:times])
    return last == [EventKind.NOT_FOUND] * times


def _last_sign(payment: Payment) -> datetime:
    asked = payment.events.filter(_SIGNS, kind=EventKind.ASKED).order_by("-sequence")
    posted = payment.deliveries.filter(outcome__in=UNSETTLED).order_by("-pk")
    signs = (
        asked.values_list("recorded_at", flat=True).first(),
        posted.values_list("received_at", flat=True).first(),
    )
    return max([payment.requested_at, *(sign for sign in signs if sign is not None)])
