"""Money that moved once: an approval, a refund, a refund taken back, a correction.

Rows are written by `payments.ledger` alone, with the event by which we learnt of them, and never
change: what the gateway tells later fills the payment, not its movements. A new kind goes into
`MovementKind` and `ledger.booking`.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.db.append_only import AppendOnlyModel
from payments.states import MovementKind

from .payment import Payment

# Of a million movements a handful: nothing but an index of their own leads to them.
RARE = (MovementKind.REFUND_REVERSAL, MovementKind.CORRECTION)
# An id by which a movement is found, where its payment isn't found by it already: indexed there
# alone, and asked for in the same words.
_NOT_THE_PAYMENTS = ~Q(kind=MovementKind.APPROVAL) | Q(is_own=False)
OF_ITS_OWN = {
    "imp_uid": Q(is_own=False),
    "pg_tid": ~Q(pg_tid="") & _NOT_THE_PAYMENTS,
    "external_id": ~Q(external_id=""),
}

# A row is taken back once, so what took it back is known by its key.
CORRECTED = "correction:"
_REVERSED = "reversal:"


def reversal_key(*, key: str) -> str:
    """The key of the movement that takes the refund with this key back."""
    return _REVERSED + key


class Movement(AppendOnlyModel):
    """One movement of an attempt's money: signed won, times in UTC, `day` in Korea.

    `is_own`: of the attempt that settled the order; another approved attempt's money is on the PG's
    sheet all the same. `is_derived`: the gateway told a sum and no history, so this row is what is
    known of it. The sum of the own attempt's movements is the payment's net amount.
    """

    # Looked up by the index of its key (`movement_key_unique`).
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    # The event by its number in the payment: bulk writers know no ids.
    event_sequence = models.PositiveIntegerField(_("number of the event"))
    key = models.CharField(max_length=160)
    kind = models.CharField(_("kind"), max_length=16, choices=MovementKind)
    imp_uid = models.CharField(_("PortOne payment id"), max_length=32)
    is_own = models.BooleanField(_("of the order's own attempt"))
    amount = models.BigIntegerField(pgettext_lazy("movement", "amount"))
    happened_at = models.DateTimeField(_("happened"))
    # A Korean day, stored: sums are grouped by it.
    day = models.DateField(_("day"))
    # Of money that went back, the Korean day on which it had come in: what a sum of a stretch of
    # days tells apart is known when the row is booked. Null for the approval itself.
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    observed_at = models.DateTimeField(_("learnt"))
    is_derived = models.BooleanField(_("derived from a sum"), default=False)
    is_test = models.BooleanField(_("test payment"), default=False)
    pay_method = models.CharField(_("payment method"), max_length=20, blank=True)
    pg_provider = models.CharField(_("PG"), max_length=16, blank=True)
    pg_id = models.CharField(_("MID"), max_length=80, blank=True)
    pg_tid = models.CharField(_("PG transaction id"), max_length=64, blank=True)
    # V1 tells neither of a single movement; null is "not told".
    tax_free = models.BigIntegerField(_("tax-free amount"), null=True, blank=True)
    vat = models.BigIntegerField(_("VAT"), null=True, blank=True)
    external_id = models.CharField(_("cancellation id"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=256, blank=True)
    receipt_url = models.URLField(_("receipt"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["payment", "key"], name="movement_key_unique"),
            models.CheckConstraint(condition=~Q(amount=0), name="movement_amount_not_zero"),
            models.CheckConstraint(condition=~Q(key=""), name="movement_has_key"),
        ]
        # The list in its order; a Korean day, and what was learnt of it after it was closed.
        indexes = [
            # With what it is narrowed by besides days, so that the index alone finds the rows.
            models.Index(
                F("happened_at").desc(),
                F("id").desc(),
                "kind",
                "pay_method",
                name="movement_by_time",
            ),
            models.Index(
                "kind",
                F("happened_at").desc(),
                F("id").desc(),
                condition=Q(kind__in=RARE),
                name="movement_rare",
            ),
            *(
                models.Index(
                    F("happened_at").desc(),
                    F("id").desc(),
                    condition=where,
                    name=f"movement_{name}",
                )
                for name, where in (("other", Q(is_own=False)), ("test", Q(is_test=True)))
            ),
            models.Index(fields=["day", "observed_at"], name="movement_by_day"),
            # A search by the id of another attempt, of the PG, of a refund.
            *(
                models.Index(fields=[column], condition=where, name=f"movement_by_{column}")
                for column, where in OF_ITS_OWN.items()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount:+}"
