"""One order and what the gateway says about it.

Status, amounts and everything else in `PROJECTION` are a projection of the payment's events: only
`payments.ledger` writes them, and `audit_ledger` rebuilds and compares them.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Right
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.states import APPROVED, PaymentStatus, Verification, is_part_refund, status_label

from .product import NAME_LENGTH, Product

# Written through the ledger alone, and rebuilt from it.
PROJECTION = (
    "merchant_uid",
    "imp_uid",
    "user_id",
    "product_id",
    "name",
    "amount",
    "currency",
    "cancelled_amount",
    "pay_method",
    "pg_provider",
    "pg_id",
    "pg_tid",
    "apply_num",
    "card_code",
    "card_name",
    "card_first6",
    "card_last4",
    "card_quota",
    "bank_code",
    "bank_name",
    "escrow",
    "is_test",
    "receipt_url",
    "vbank_name",
    "vbank_num",
    "vbank_holder",
    "vbank_due",
    "status",
    "requested_at",
    "paid_at",
    "failed_at",
    "cancelled_at",
    "cancel_reason",
    "fail_reason",
    "verification",
    "verified_at",
    "late_approval",
    "personal_erased_at",
)
# Who somebody is: written by the ledger as well, but in no event and under no hash, so that it can
# be erased (`services.personal_data`).
ASIDE = ("buyer_name", "buyer_tel", "depositor_name")


class Payment(models.Model):
    """An order of one product by one customer. Amounts in won, times in UTC."""

    merchant_uid = models.CharField(_("order number"), max_length=40, unique=True)
    # NULL, never "": a look-up by an empty id must find nothing.
    imp_uid = models.CharField(  # noqa: DJ001 (unique by a constraint)
        _("PortOne payment id"), max_length=32, null=True, blank=True
    )
    checkout_key = models.CharField(_("checkout key"), max_length=64, editable=False)
    # No customer, no product: taken in from the gateway's list, and nobody has decided whose it is.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        db_index=False,
    )
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        db_index=False,
    )
    name = models.CharField(_("order name"), max_length=NAME_LENGTH)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, default="KRW")
    cancelled_amount = models.BigIntegerField(_("refunded amount"), default=0)
    pay_method = models.CharField(_("payment method"), max_length=20, blank=True)
    pg_provider = models.CharField(_("PG"), max_length=16, blank=True)
    pg_id = models.CharField(_("MID"), max_length=80, blank=True)
    pg_tid = models.CharField(_("PG transaction id"), max_length=64, blank=True)
    apply_num = models.CharField(_("approval number"), max_length=20, blank=True)
    # Standard codes (contract 3.7); the names are the gateway's.
    card_code = models.CharField(_("card company's code"), max_length=16, blank=True)
    card_name = models.CharField(_("card company"), max_length=40, blank=True)
    # As far as the gateway tells them; never more of a card's number than this.
    card_first6 = models.CharField(_("card's first digits"), max_length=6, blank=True)
    card_last4 = models.CharField(_("card's last digits"), max_length=4, blank=True)
    # Months, 0 for a lump sum; null where no card was named.
    card_quota = models.PositiveSmallIntegerField(_("instalments"), null=True, blank=True)
    bank_code = models.CharField(_("bank's code"), max_length=16, blank=True)
    bank_name = models.CharField(_("bank of the transfer"), max_length=40, blank=True)
    escrow = models.BooleanField(_("escrow"), default=False)
    is_test = models.BooleanField(_("test payment"), default=False)
    receipt_url = models.URLField(_("receipt"), max_length=500, blank=True)
    vbank_name = models.CharField(_("bank"), max_length=40, blank=True)
    vbank_num = models.CharField(_("virtual account"), max_length=32, blank=True)
    vbank_holder = models.CharField(_("account holder"), max_length=40, blank=True)
    vbank_due = models.DateTimeField(_("deposit until"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=PaymentStatus, default=PaymentStatus.READY
    )
    requested_at = models.DateTimeField(_("ordered"))
    paid_at = models.DateTimeField(_("payment date"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of the refund"), max_length=256, blank=True)
    fail_reason = models.CharField(_("reason of failure"), max_length=255, blank=True)
    verification = models.CharField(
        _("verification"), max_length=16, choices=Verification, default=Verification.NEVER
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # Money came in after the order had failed: somebody has to decide what it is for.
    late_approval = models.BooleanField(_("paid after it had failed"), default=False)
    buyer_name = models.CharField(_("buyer's name"), max_length=100, blank=True)
    buyer_tel = models.CharField(_("buyer's phone"), max_length=40, blank=True)
    depositor_name = models.CharField(_("depositor's name"), max_length=100, blank=True)
    # No answer fills the three again after this.
    personal_erased_at = models.DateTimeField(_("personal data erased"), null=True, blank=True)
    # The head of the event chain: without it, cutting off the newest events would leave no trace.
    version = models.PositiveIntegerField(default=0, editable=False)
    head_hash = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        default_permissions = ("view",)
        permissions = [
            ("verify_payment", _("Can re-verify a payment against the gateway")),
            ("mark_failed_payment", _("Can mark a payment failed")),
            ("override_gateway_payment", _("Can mark failed while the gateway is silent")),
            ("confirm_refund_change_payment", _("Can confirm a change of refunds at the PG")),
            ("note_payment", _("Can add a note to a payment")),
            ("export_payment", _("Can export payments")),
            ("unmask_payment", _("Can see personal data, with a reason that is recorded")),
            ("erase_payment", _("Can erase the personal data of a payment for good")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "checkout_key"], name="payment_one_per_click"),
            # Here and not `unique=True`, which brings an index of beginnings that nobody asks for.
            models.UniqueConstraint(fields=["imp_uid"], name="payment_imp_uid_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(cancelled_amount__gte=0, cancelled_amount__lte=F("amount")),
                name="payment_refund_within_amount",
            ),
            models.CheckConstraint(condition=~Q(imp_uid=""), name="payment_imp_uid_not_empty"),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.PAID)
                | Q(imp_uid__isnull=False, paid_at__isnull=False),
                name="payment_paid_has_proof",
            ),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.CANCELLED)
                | Q(imp_uid__isnull=False, cancelled_amount__gt=0),
                name="payment_cancelled_has_refund",
            ),
            models.CheckConstraint(
                condition=Q(personal_erased_at__isnull=True)
                | Q(buyer_name="", buyer_tel="", depositor_name=""),
                name="payment_erased_stays_erased",
            ),
        ]
        # One for each filter and sort of the list, ending with the newest id: a page is then its
        # head, not a sort of everything that fits. Which query each one serves, and what they cost,
        # is in docs/indexes.md.
        indexes = [
            models.Index("status", F("id").desc(), name="payment_by_status"),
            models.Index("user", F("id").desc(), name="payment_by_user"),
            models.Index("pay_method", F("id").desc(), name="payment_by_pay_method"),
            models.Index(F("amount").desc(), F("id").desc(), name="payment_by_amount"),
            # With what days are narrowed by besides, so that the index alone finds them.
            models.Index(
                F("paid_at").desc(),
                F("id").desc(),
                "status",
                "pay_method",
                name="payment_by_paid_at",
            ),
            models.Index(F("requested_at").desc(), F("id").desc(), name="payment_by_requested_at"),
            # An order comes without these three: placing one does not pay for them.
            models.Index(
                F("cancelled_at").desc(),
                F("id").desc(),
                condition=Q(cancelled_at__isnull=False),
                name="payment_by_cancelled_at",
            ),
            models.Index("apply_num", condition=~Q(apply_num=""), name="payment_by_apply_num"),
            models.Index(
                "pg_provider",
                F("id").desc(),
                condition=~Q(pg_provider=""),
                name="payment_by_pg_provider",
            ),
            # What a PG's sheet or a customer on the telephone names a payment by. An order comes
            # without them, too. There is none of the buyer's name: people are found as customers.
            models.Index("pg_tid", condition=~Q(pg_tid=""), name="payment_by_pg_tid"),
            models.Index("card_last4", condition=~Q(card_last4=""), name="payment_by_card_last4"),
            models.Index(
                Right("buyer_tel", 4), condition=~Q(buyer_tel=""), name="payment_by_buyer_tel"
            ),
            models.Index(F("id").desc(), condition=Q(is_test=True), name="payment_test"),
            # What needs attention is rare, so these stay small.
            models.Index(
                "verification",
                F("id").desc(),
                condition=Q(
                    verification__in=[
                        Verification.MISMATCHED,
                        Verification.NOT_FOUND,
                        Verification.UNKNOWN,
                    ]
                ),
                name="payment_unanswered",
            ),
            # The tiles of windows that were left, and of deposits that are due.
            models.Index(
                F("requested_at").desc(),
                F("id").desc(),
                condition=Q(status=PaymentStatus.READY, vbank_num=""),
                name="payment_unpaid_by_age",
            ),
            models.Index(
                "vbank_due",
                condition=Q(status=PaymentStatus.READY) & ~Q(vbank_num=""),
                name="payment_deposit_due",
            ),
            # In the order of the gateway's lists, which file a payment under its status's time.
            models.Index(
                Coalesce("cancelled_at", "requested_at"),
                "id",
                condition=Q(status=PaymentStatus.CANCELLED),
                name="payment_cancelled_by_time",
            ),
            models.Index(
                Coalesce("failed_at", "requested_at"),
                "id",
                condition=Q(status=PaymentStatus.FAILED),
                name="payment_failed_by_time",
            ),
        ]

    def __str__(self) -> str:
        return self.merchant_uid

    @classmethod
    def label(cls, name: str) -> str | Promise:
        """What one of its columns is called on every screen and in every file."""
        field = cls._meta.get_field(name)
        assert isinstance(field, models.Field)
        return field.verbose_name

    @property
    def is_paid(self) -> bool:
        """Approved and not refunded in any part."""
        return self.status == PaymentStatus.PAID

    @property
    def is_approved(self) -> bool:
        """Whether money came in, refunded since or not."""
        return self.status in APPROVED

    @property
    def card_shown(self) -> str:
        """What is known of the card's number: 465887******1234; "" for nothing."""
        known = self.card_first6 or self.card_last4
        return f"{self.card_first6}{'*' * 6}{self.card_last4}" if known else ""

    @property
    def net_amount(self) -> int:
        """What is left of the money that came in, in won; 0 if none did."""
        return self.amount - self.cancelled_amount if self.is_approved else 0

    @property
    def is_partly_cancelled(self) -> bool:
        """Whether some of the money is still here, though the status says `cancelled`."""
        return is_part_refund(self.status, **self._sums)

    @property
    def is_awaiting_deposit(self) -> bool:
        """A virtual account was issued and no money has arrived (contract 3.2)."""
        return self.status == PaymentStatus.READY and bool(self.vbank_num)

    @property
    def status_label(self) -> str | Promise:
        """The status as a person says it: a part refund and an open deposit have names too."""
        if self.is_awaiting_deposit:
            return _("Waiting for deposit")
        return status_label(self.status, **self._sums)

    @property
    def _sums(self) -> dict[str, int]:
        return {"amount": self.amount, "cancelled_amount": self.cancelled_amount}
