"""What somebody should look at: the same definitions for the list's filter and the dashboard.

The sweep (`services.open_orders.sweep`) works off `STUCK` and overdue deposits by itself: it asks
about them until their time is up, and fails them. What is still there a day later it may not fail
(a difference, an account that the gateway does not know any more, a silent gateway): that is a
person's. `MISMATCHED` and `LATE_APPROVAL` always are.

To add a case: a member of `Attention` with its label, and its condition in `_CONDITIONS`.
"""

from datetime import datetime, timedelta

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.text import filled
from payments.states import PaymentStatus, Verification

# A window that is open longer than this was left; a webhook that took longer was lost.
STUCK_AFTER = timedelta(minutes=30)
# Deposits whose deadline is near, or over.
DUE_WITHIN = timedelta(hours=24)


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


def _mismatched(now: datetime) -> Q:
    return Q(verification=Verification.MISMATCHED)


def _stuck(now: datetime) -> Q:
    open_order = Q(status=PaymentStatus.READY, vbank_num="")
    return open_order & Q(requested_at__lt=now - STUCK_AFTER)


def _deposit_due(now: datetime) -> Q:
    waiting = Q(status=PaymentStatus.READY) & ~Q(vbank_num="")
    return waiting & Q(vbank_due__lt=now + DUE_WITHIN)


def _late_approval(now: datetime) -> Q:
    return Q(late_approval=True)


_CONDITIONS = {
    Attention.MISMATCHED: _mismatched,
    Attention.STUCK: _stuck,
    Attention.DEPOSIT_DUE: _deposit_due,
    Attention.LATE_APPROVAL: _late_approval,
}


def needs(attention: Attention, *, now: datetime) -> Q:
    """The condition on payments for one reason."""
    return _CONDITIONS[attention](now)


def needs_any(*, now: datetime) -> Q:
    """The condition for any of the reasons."""
    condition = Q()
    for attention in Attention:
        condition |= needs(attention, now=now)
    return condition
