"""What a customer sees of a payment: one state, its labels, and figures fit for a screen.

"Paid" stands only where the ledger says paid. To tell something new, add a `State`, its labels in
`LABELS`, and the line in `state_of` that finds it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments import pay_methods
from payments.core.kst import stamp
from payments.core.money import with_separators
from payments.models import Payment
from payments.states import PaymentStatus, Verification


class State(StrEnum):
    """Where a payment stands, as far as its customer is concerned."""

    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    WAITING = "waiting"
    FAILED = "failed"
    CONFIRMING = "confirming"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Labels:
    """How a state is put. `tone` is a colour of the site's badges and notices."""

    tone: str
    badge: str | Promise
    title: str | Promise
    text: str | Promise


WHEN_REFUNDED = gettext_lazy(
    "When the money reaches you depends on how you paid; card companies usually take a few "
    "business days."
)
LABELS = {
    State.PAID: Labels(
        "good",
        pgettext_lazy("payment status", "Paid"),
        gettext_lazy("Your payment is complete"),
        gettext_lazy("Thank you. The payment service has confirmed the payment."),
    ),
    State.PARTLY_REFUNDED: Labels(
        "note",
        gettext_lazy("Partly refunded"),
        gettext_lazy("A part of your payment was refunded"),
        WHEN_REFUNDED,
    ),
    State.REFUNDED: Labels(
        "note",
        pgettext_lazy("payment status", "Refunded"),
        gettext_lazy("Your payment was refunded"),
        WHEN_REFUNDED,
    ),
    State.WAITING: Labels(
        "wait",
        gettext_lazy("Waiting for deposit"),
        gettext_lazy("Please transfer this amount to the account below"),
        gettext_lazy("The order is complete as soon as the deposit arrives."),
    ),
    State.FAILED: Labels(
        "bad",
        pgettext_lazy("payment status", "Failed"),
        gettext_lazy("The payment was not made"),
        gettext_lazy("You were not charged for this order."),
    ),
    State.CONFIRMING: Labels(
        "wait",
        gettext_lazy("Being confirmed"),
        gettext_lazy("The payment is still being confirmed"),
        gettext_lazy(
            "If you have paid, do not pay again: we ask the payment service and this page changes "
            "by itself. If you closed the payment window, nothing was charged."
        ),
    ),
    State.MISMATCH: Labels(
        "bad",
        gettext_lazy("Being checked"),
        gettext_lazy("We could not confirm this payment"),
        gettext_lazy(
            "What the payment service tells us does not agree with your order. The shop is looking "
            "into it. Please do not pay again."
        ),
    ),
}


def state_of(payment: Payment) -> State:
    """Where this payment stands."""
    if payment.status == PaymentStatus.PAID:
        return State.PAID
    if payment.status == PaymentStatus.CANCELLED:
        return State.PARTLY_REFUNDED if payment.is_partly_cancelled else State.REFUNDED
    if payment.verification == Verification.MISMATCHED:
        return State.MISMATCH
    if payment.status == PaymentStatus.FAILED:
        return State.FAILED
    return State.WAITING if payment.is_awaiting_deposit else State.CONFIRMING


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment for a template: its state and its figures as text. Times are Korean."""

    payment: Payment

    @property
    def state(self) -> State:
        """See `State`; its value is also a hook for style and script."""
        return state_of(self.payment)

    @property
    def labels(self) -> Labels:
        """How the state is put."""
        return LABELS[self.state]

    @property
    def amount(self) -> str:
        """What was to be paid."""
        return won(self.payment.amount)

    @property
    def headline(self) -> str:
        """The sum that the state is about."""
        return self.refunded or self.amount

    @property
    def refunded(self) -> str:
        """What went back, "" if nothing did."""
        return won(self.payment.cancelled_amount) if self.payment.cancelled_amount else ""

    @property
    def net(self) -> str:
        """What is left of the money that came in."""
        return won(self.payment.net_amount)

    @property
    def method(self) -> str:
        """The pay method's name."""
        return pay_methods.label(self.payment.pay_method)

    @property
    def requested_at(self) -> str:
        """When it was ordered."""
        return stamp(self.payment.requested_at)

    @property
    def paid_at(self) -> str:
        """When it was paid."""
        return _stamp(self.payment.paid_at)

    @property
    def cancelled_at(self) -> str:
        """When money last went back."""
        return _stamp(self.payment.cancelled_at)

    @property
    def due(self) -> str:
        """Until when a deposit is taken."""
        return _stamp(self.payment.vbank_due)

    @property
    def is_overdue(self) -> bool:
        """The deposit's deadline has passed."""
        due = self.payment.vbank_due
        return self.state is State.WAITING and due is not None and due < timezone.now()

    @property
    def has_open_question(self) -> bool:
        """Money came in, and something about it is still being looked into."""
        is_settled = self.state not in {State.MISMATCH, State.CONFIRMING, State.WAITING}
        return is_settled and self.payment.verification == Verification.MISMATCHED

    @property
    def may_order_again(self) -> bool:
        """Ordering again can't lead to paying twice, as far as the gateway has told us."""
        product = self.payment.product
        if product is None or not product.active:
            return False
        nothing_paid = self.payment.verification in {Verification.MATCHED, Verification.NOT_FOUND}
        return self.state is State.FAILED or (self.state is State.CONFIRMING and nothing_paid)


def page_url(payment: Payment) -> str:
    """The URL of the page that shows this payment to its customer."""
    return reverse("checkout:payment", args=[payment.merchant_uid])


def won(amount: int) -> str:
    """12345 -> ₩12,345, in Korean 12,345원."""
    return _("₩%(amount)s") % {"amount": with_separators(amount)}


def _stamp(moment: datetime | None) -> str:
    return stamp(moment) if moment else ""
