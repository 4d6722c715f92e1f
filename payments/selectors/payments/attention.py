"""What somebody should look at: the same definitions for the list's filter and the dashboard.

The sweep (`services.open_orders.sweep`) works off `STUCK` and overdue deposits by itself: it asks
about them until their time is up, and fails them. What is still there a day later it may not fail
(a difference, an account that the gateway does not know any more, a silent gateway): that is a
person's. `MISMATCHED` and `LATE_APPROVAL` always are: open discrepancies.

To add a case: a member of `Attention` with its label, and its condition in `_conditions`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.text import filled
from payments.models import Bucket, Payment
from payments.states import PaymentStatus

from .flags import FLAGGED, OPEN_OF_PAYMENTS

# A window that is open longer than this was left; a webhook that took longer was lost.
STUCK_AFTER = timedelta(minutes=30)
# Deposits whose deadline is near, or over.
DUE_WITHIN = timedelta(hours=24)


# For a person to decide: honour the order, or give the money back.
_LATE = OPEN_OF_PAYMENTS.filter(
    lines__bucket=Bucket.LATE_APPROVAL,
    lines__is_current=True,
)


class Attention(TextChoices):
    """Why a payment is on somebody's desk."""

    # A payment; an event of the same name says it of one answer.
    MISMATCHED = "mismatched", pgettext_lazy("attention", "Does not agree with the gateway")
    STUCK = (
        "stuck",
        filled(
            _("Not paid for more than %(minutes)s minutes"),
            minutes=STUCK_AFTER // timedelta(minutes=1),
        ),
    )
    DEPOSIT_DUE = "deposit_due", _("Deposit due within a day, or overdue")
    LATE_APPROVAL = "late_approval", _("Paid after it had failed")


# Whose payments are those.
_OF_DISCREPANCIES = {Attention.MISMATCHED: OPEN_OF_PAYMENTS, Attention.LATE_APPROVAL: _LATE}


def _conditions(now: datetime) -> dict[Attention, Q]:
    is_open = Q(status=PaymentStatus.READY)
    return {
        Attention.MISMATCHED: FLAGGED,
        Attention.STUCK: is_open & Q(vbank_num="") & Q(requested_at__lt=now - STUCK_AFTER),
        Attention.DEPOSIT_DUE: is_open & ~Q(vbank_num="") & Q(vbank_due__lt=now + DUE_WITHIN),
        Attention.LATE_APPROVAL: Q(pk__in=_LATE.values("payment")),
    }


def needs(attention: Attention, *, now: datetime) -> Q:
    """The condition on payments for one reason."""
    return _conditions(now)[attention]


def ids_of(attention: Attention, *, now: datetime) -> QuerySet[Any, Any]:
    """The ids of the payments that `needs` finds, to be counted: without reading them where an
    index of the open discrepancies tells them.
    """
    if attention in _OF_DISCREPANCIES:
        return _OF_DISCREPANCIES[attention].values("payment").distinct()
    return Payment.objects.filter(needs(attention, now=now)).values("pk")


def needs_any(*, now: datetime) -> Q:
    """The condition for any of the reasons."""
    condition = Q()
    for attention in Attention:
        condition |= needs(attention, now=now)
    return condition
