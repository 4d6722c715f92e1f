"""The words for what a payment is and what happened to it, and the table of allowed moves.

Pure functions, no database. Statuses are Iamport's own four (contract 3.2). To allow a move, add it
to `ALLOWED`; to add something that can happen, add an `EventKind` and append it to the ledger.
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PaymentStatus(TextChoices):
    """Iamport's statuses, spelt as the gateway spells them."""

    READY = "ready", pgettext_lazy("payment status", "Not paid")
    PAID = "paid", pgettext_lazy("payment status", "Paid")
    FAILED = "failed", pgettext_lazy("payment status", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("payment status", "Cancelled")


# Money has come in (and, once cancelled, gone back in whole or in part); no money has come in.
APPROVED = (PaymentStatus.PAID, PaymentStatus.CANCELLED)
MONEYLESS = (PaymentStatus.READY, PaymentStatus.FAILED)


def status_label(status: str, *, amount: object, cancelled_amount: object) -> str | Promise:
    """A status as a person says it; won. What nobody knows stays as it is spelt."""
    if status not in PaymentStatus.values:
        return status
    if is_part_refund(status, amount=amount, cancelled_amount=cancelled_amount):
        return _("Partly refunded")
    return PaymentStatus(status).label


def is_part_refund(status: str, *, amount: object, cancelled_amount: object) -> bool:
    """V1 says `cancelled` after a partial refund too (contract 2.7); won."""
    if not isinstance(amount, int) or not isinstance(cancelled_amount, int):
        return False
    return status == PaymentStatus.CANCELLED and cancelled_amount < amount


class EventKind(TextChoices):
    """What a row of the ledger says. Asked, answered and unknown are separate rows."""

    ORDERED = "ordered", _("Ordered")
    TAKEN_IN = "taken_in", _("Taken in from the gateway's list")
    CUSTOMER_SET = "customer_set", _("Customer decided")
    RENUMBERED = "renumbered", _("New order number drawn")
    PREPARE_ASKED = "prepare_asked", _("Registering the amount at the gateway")
    PREPARED = "prepared", _("Amount registered at the gateway")
    ASKED = "asked", _("Asked the gateway")
    CONFIRMED = "confirmed", _("Gateway agrees")
    VBANK_ISSUED = "vbank_issued", _("Virtual account issued")
    VBANK_MOVED = "vbank_moved", _("Deadline of the deposit changed")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Refunded")
    REFUND_CHANGED = "refund_changed", _("Change of refunds confirmed")
    MARKED_FAILED = "marked_failed", _("Marked failed")
    REFUSED = "refused", _("Refused")
    # Facts that columns were made for later, from the answers that are kept.
    FILLED = "filled", _("Facts filled in from earlier answers")
    ERASED = "erased", _("Personal data erased")
    NOTE = "note", pgettext_lazy("event", "Note")
    DISCREPANCY = "discrepancy", _("Does not agree with the gateway")
    NOT_FOUND = "not_found", _("Not found at the gateway")
    UNKNOWN = "unknown", _("No answer from the gateway")


# What the gateway says about a payment.
ANSWERS = frozenset(
    {
        EventKind.CONFIRMED,
        EventKind.VBANK_ISSUED,
        EventKind.VBANK_MOVED,
        EventKind.PAID,
        EventKind.FAILED,
        EventKind.CANCELLED,
        EventKind.REFUND_CHANGED,
        EventKind.DISCREPANCY,
        EventKind.NOT_FOUND,
    }
)


class MovementKind(TextChoices):
    """How money moved. A correction takes back a row of ours that was wrong."""

    APPROVAL = "approval", pgettext_lazy("movement", "Approval")
    REFUND = "refund", pgettext_lazy("movement", "Refund")
    REFUND_REVERSAL = "refund_reversal", pgettext_lazy("movement", "Refund taken back")
    CORRECTION = "correction", pgettext_lazy("movement", "Correction")


class Source(TextChoices):
    """Through which door a row of the ledger came in."""

    CHECKOUT = "checkout", _("Checkout")
    BROWSER = "browser", _("Browser's return")
    REDIRECT = "redirect", _("Mobile redirect")
    GIVE_UP = "give_up", _("Customer gave up")
    WEBHOOK = "webhook", _("Webhook")
    ADMIN = "admin", _("Staff")
    COMMAND = "command", _("Command line")
    RUN = "run", _("Verification run")
    SWEEP = "sweep", _("Sweep of open orders")
    RECONCILIATION = "reconciliation", _("Reconciliation")


# A customer is behind these: rows from them carry the person's id and no name.
OF_CUSTOMERS = frozenset({Source.CHECKOUT, Source.BROWSER, Source.REDIRECT, Source.GIVE_UP})


class Verification(TextChoices):
    """What the last question to the gateway brought; `NEVER` until there was one."""

    NEVER = "never", _("Never asked")
    MATCHED = "matched", _("Agrees")
    MISMATCHED = "mismatched", _("Does not agree")
    NOT_FOUND = "not_found", _("Not found")
    UNKNOWN = "unknown", _("No answer")


class Finding(TextChoices):
    """One thing in which the gateway's answer and the order differ."""

    MERCHANT_UID = "merchant_uid", _("The payment belongs to another order number")
    IMP_UID = "imp_uid", _("The answer is about another payment than the one asked for")
    IMP_UID_TAKEN = "imp_uid_taken", _("The payment is already bound to another order")
    AMOUNT = "amount", _("The amount differs")
    CURRENCY = "currency", _("The currency differs")
    TEST_PAYMENT = "test_payment", _("A test payment, which moves no money")
    SECOND_APPROVAL = "second_approval", _("The order was approved a second time")
    STATUS = "status", _("The status can't follow from ours")
    UNKNOWN_STATUS = "unknown_status", _("The gateway names a status we do not know")
    REFUND = "refund", _("The refunded amount differs")
    NO_PAYMENT_TIME = "no_payment_time", _("Approved, but without a time of payment")
    NO_REFUND_TIME = "no_refund_time", _("Refunded, but without a time of the refund")
    REFUND_GONE = "refund_gone", _("A refund that was there is there no more")
    HISTORY = "history", _("The single refunds do not add up to the refunded amount")
    TIME = "time", _("A time lies before the order or in the future")
    PAID_AT = "paid_at", _("The time of payment differs")
    DETAILS = "details", _("The payment details differ")


class FailReason(TextChoices):
    """Why a payment is marked failed by staff, or failed by the sweep (the first two)."""

    ABANDONED = "abandoned", _("The customer never finished")
    DEPOSIT_EXPIRED = "deposit_expired", _("No deposit by the due date")
    DECLINED = "declined", _("The payment was declined")
    DUPLICATE = "duplicate", _("Ordered twice by mistake")
    FRAUD = "fraud", _("Suspected fraud")
    OTHER = "other", _("Another reason")


ALLOWED: frozenset[tuple[str, str]] = frozenset(
    {
        (PaymentStatus.READY, PaymentStatus.PAID),
        (PaymentStatus.READY, PaymentStatus.FAILED),
        (PaymentStatus.READY, PaymentStatus.CANCELLED),
        (PaymentStatus.PAID, PaymentStatus.CANCELLED),
        (PaymentStatus.CANCELLED, PaymentStatus.CANCELLED),
        # A late approval (contract 3.2: Paymentwall); flagged by `is_late_approval`.
        (PaymentStatus.FAILED, PaymentStatus.PAID),
    }
)


def may_move(before: str, after: str, *, kind: EventKind) -> bool:
    """Whether the ledger may take a payment from `before` to `after` by an event of this kind.

    All of a refund is taken back only where a person has confirmed it.
    """
    if (before, after) == (PaymentStatus.CANCELLED, PaymentStatus.PAID):
        return kind is EventKind.REFUND_CHANGED
    return (before, after) in ALLOWED


def is_late_approval(before: str, after: str) -> bool:
    """Whether money came in for an order that had failed already."""
    return (before, after) == (PaymentStatus.FAILED, PaymentStatus.PAID)
