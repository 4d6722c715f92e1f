"""What a customer sees of a payment: one state, its labels, and what follows from it.

"Paid" stands only where the ledger says paid. To tell something new, add a `State`, its labels in
`LABELS`, and the line in `state_of` that finds it.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.models import Payment
from payments.selectors.open_orders import is_absent, may_still_appear
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


WHEN_REFUNDED = _(
    "When the money reaches you depends on how you paid; card companies usually take a few "
    "business days."
)
LABELS = {
    State.PAID: Labels(
        "good",
        pgettext_lazy("payment status", "Paid"),
        _("Your payment is complete"),
        _("Thank you. The payment service has confirmed the payment."),
    ),
    State.PARTLY_REFUNDED: Labels(
        "note",
        _("Partly refunded"),
        _("A part of your payment was refunded"),
        WHEN_REFUNDED,
    ),
    State.REFUNDED: Labels(
        "note",
        pgettext_lazy("payment status", "Refunded"),
        _("Your payment was refunded"),
        WHEN_REFUNDED,
    ),
    State.WAITING: Labels(
        "wait",
        _("Waiting for deposit"),
        _("Please transfer this amount to the account below"),
        _("The order is complete as soon as the deposit arrives."),
    ),
    State.FAILED: Labels(
        "bad",
        pgettext_lazy("payment status", "Failed"),
        _("The payment was not made"),
        _("You were not charged for this order."),
    ),
    State.CONFIRMING: Labels(
        "wait",
        _("Being confirmed"),
        _("The payment is still being confirmed"),
        _(
            "If you have paid, do not pay again: we ask the payment service and this page changes "
            "by itself. If you closed the payment window, nothing was charged."
        ),
    ),
    State.MISMATCH: Labels(
        "bad",
        _("Being checked"),
        _("We could not confirm this payment"),
        _(
            "What the payment service tells us does not agree with your order. The shop is looking "
            "into it. Please do not pay again."
        ),
    ),
}


def state_of(payment: Payment, *, flagged: bool) -> State:
    """Where this payment stands; `flagged`: something about it is still being looked into."""
    if payment.status == PaymentStatus.PAID:
        return State.PAID
    if payment.status == PaymentStatus.CANCELLED:
        return State.PARTLY_REFUNDED if payment.is_partly_cancelled else State.REFUNDED
    if flagged:
        return State.MISMATCH
    if payment.status == PaymentStatus.FAILED:
        return State.FAILED
    return State.WAITING if payment.is_awaiting_deposit else State.CONFIRMING


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment for a template, and what the template can't know of it."""

    payment: Payment
    flagged: bool

    @property
    def state(self) -> State:
        """See `State`; its value is also a hook for style and script."""
        return state_of(self.payment, flagged=self.flagged)

    @property
    def labels(self) -> Labels:
        """How the state is put."""
        return LABELS[self.state]

    @property
    def is_overdue(self) -> bool:
        """The deposit's deadline has passed."""
        due = self.payment.vbank_due
        return self.state is State.WAITING and due is not None and due < timezone.now()

    @property
    def has_open_question(self) -> bool:
        """Money came in, and something about it is still being looked into."""
        is_settled = self.state not in {State.MISMATCH, State.CONFIRMING, State.WAITING}
        return is_settled and self.flagged

    @property
    def may_order_again(self) -> bool:
        """Ordering again can't lead to paying twice, as far as the gateway has told us."""
        product = self.payment.product
        if product is None or not product.active:
            return False
        if self.state is not State.CONFIRMING:
            return self.state is State.FAILED
        said = self.payment.verification
        nothing_paid = said == Verification.MATCHED or (
            said == Verification.NOT_FOUND and is_absent(self.payment)
        )
        return nothing_paid and not may_still_appear(self.payment)


def page_url(payment: Payment) -> str:
    """The URL of the page that shows this payment to its customer."""
    return reverse("checkout:payment", args=[payment.merchant_uid])
