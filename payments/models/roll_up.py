"""Sums that stand instead of their rows: movements and orders by Korean day, folded by a job.

No writer of payments ever touches one of these rows, takes a lock for it or waits: the ledger
inserts movements and events, `services.roll_ups` folds them later and moves its mark, all in one
transaction. Who reads adds what lies behind the mark (`selectors.roll_ups`), so no figure lags. The
audit proves them against what they were folded from. To sum by one more fact: a field here and its
name in `SUMMED_BY`.
"""

from django.db import models
from django.db.models import TextChoices

from payments.states import MovementKind, PaymentStatus

_MOVEMENTS_BY = (
    *("day", "kind", "pay_method", "pg_provider", "pg_id", "is_own", "is_test"),
    "is_of_earlier_day",
)
_REFUNDS_BY = ("day", "approved_on")
_ORDERS_BY = ("day", "paid_on", "status", "pay_method", "pg_provider", "is_test")


class RolledUp(TextChoices):
    """What is folded, each by a mark of its own."""

    MOVEMENTS = "movements"
    ORDERS = "orders"


class RollUpMark(models.Model):
    """Up to which id movements, or for the orders events, are folded.

    `next_mark` is how far it may go once every transaction before number `settled_after` has ended:
    until then one of them may still commit a smaller id (`core.db.transactions`).
    """

    name = models.CharField(max_length=16, primary_key=True, choices=RolledUp)
    folded_to = models.BigIntegerField(default=0)
    next_mark = models.BigIntegerField(default=0)
    settled_after = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.folded_to}"


class MovementRollUp(models.Model):
    """How many movements of a day, and their won, by everything that a sum is asked for by.

    `is_of_earlier_day`: money that went back, and had come in on another day.
    """

    SUMMED_BY = _MOVEMENTS_BY

    day = models.DateField()
    kind = models.CharField(max_length=16, choices=MovementKind)
    pay_method = models.CharField(max_length=20, blank=True)
    pg_provider = models.CharField(max_length=16, blank=True)
    pg_id = models.CharField(max_length=80, blank=True)
    is_own = models.BooleanField()
    is_test = models.BooleanField()
    is_of_earlier_day = models.BooleanField()
    count = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            # Beginning with the day: it is the index that a stretch of days is read by.
            models.UniqueConstraint(fields=_MOVEMENTS_BY, name="movement_roll_up_unique")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}: {self.amount:+}"


class RefundRollUp(models.Model):
    """What went back on a day of the money of another: the order's own, no test payments.

    "Of which refunds of earlier days" depends on where a stretch of days begins, so it takes both
    days; by them alone there are never more rows of a day than there are days before it.
    """

    SUMMED_BY = _REFUNDS_BY

    day = models.DateField()
    approved_on = models.DateField()
    count = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=_REFUNDS_BY, name="refund_roll_up_unique")]
        # What came off the payments of some days later.
        indexes = [models.Index(fields=["approved_on", "day"], name="refund_roll_up_by_approval")]

    def __str__(self) -> str:
        return f"{self.day} of {self.approved_on}: {self.amount:+}"


class OrderRollUp(models.Model):
    """The orders of a day by their present status: counted again for each day that has changed.

    `day` is the day of the order, `paid_on` that of its payment, null as long as there is none.
    """

    SUMMED_BY = _ORDERS_BY

    day = models.DateField()
    paid_on = models.DateField(null=True)
    status = models.CharField(max_length=16, choices=PaymentStatus)
    pay_method = models.CharField(max_length=20, blank=True)
    pg_provider = models.CharField(max_length=16, blank=True)
    is_test = models.BooleanField()
    count = models.BigIntegerField()
    gross = models.BigIntegerField()
    refunded = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=_ORDERS_BY, name="order_roll_up_unique")]
        indexes = [models.Index(fields=["paid_on"], name="order_roll_up_by_payment")]

    def __str__(self) -> str:
        return f"{self.day} {self.status}: {self.count}"
