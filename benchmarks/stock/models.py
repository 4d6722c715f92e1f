"""The twin's table: what a first payments table holds, indexed as Django does by itself.

To let it hold one more column of the product's: a field of the same name.
"""

from django.conf import settings
from django.db import connection, models

from payments.models import Payment


class StockPayment(models.Model):
    """A payment, as the product's has it."""

    merchant_uid = models.CharField(max_length=40, unique=True)
    imp_uid = models.CharField(max_length=32, unique=True, null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    cancelled_amount = models.BigIntegerField(default=0)
    pay_method = models.CharField(max_length=20, blank=True)
    pg_provider = models.CharField(max_length=16, blank=True)
    card_name = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=16, choices=Payment._meta.get_field("status").choices)
    requested_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    fail_reason = models.CharField(max_length=255, blank=True)

    class Meta:
        app_label = "stock"
        # `fill` makes the table: an app without migrations would come before the one of users.
        managed = False

    def __str__(self) -> str:
        return self.merchant_uid


class StockPaymentByUser(StockPayment):
    """The same rows, for the list with the filter by user in its sidebar."""

    class Meta:
        app_label = "stock"
        proxy = True


def fill() -> None:
    """Make the table, and put the product's payments into it, as they stand."""
    with connection.schema_editor() as editor:
        editor.create_model(StockPayment)
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in StockPayment._meta.concrete_fields)
    into, source = (quote(model._meta.db_table) for model in (StockPayment, Payment))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into} ({names}) SELECT {names} FROM {source}")
