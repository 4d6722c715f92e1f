"""Indexes that serve a query, and no others: docs/indexes.md. What a run that is done came to.

On SQLite the tables are rebuilt for it, which drops their triggers; so they are made again.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.migrations import _append_only_triggers as append_only


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0024_details_that_differ"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="payment",
            name="payment_by_paid_at",
        ),
        migrations.RemoveIndex(
            model_name="payment",
            name="payment_open_by_age",
        ),
        migrations.AddField(
            model_name="verificationrun",
            name="final_changes",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="verificationrun",
            name="final_counts",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="discrepancy",
            name="imp_uid",
            field=models.CharField(max_length=32, verbose_name="PortOne payment id"),
        ),
        migrations.AlterField(
            model_name="discrepancy",
            name="merchant_uid",
            field=models.CharField(max_length=40, verbose_name="order number"),
        ),
        migrations.AlterField(
            model_name="discrepancy",
            name="run",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="discrepancies",
                to="payments.reconciliationrun",
                verbose_name="found by",
            ),
        ),
        migrations.AlterField(
            model_name="discrepancyline",
            name="discrepancy",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="payments.discrepancy",
            ),
        ),
        migrations.AlterField(
            model_name="discrepancystep",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="imp_uid",
            field=models.CharField(
                blank=True, max_length=32, null=True, verbose_name="PortOne payment id"
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="product",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="payments.product",
                verbose_name="product",
            ),
        ),
        migrations.AlterField(
            model_name="paymentevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="personaldataaccess",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="personaldataaccess",
            name="at",
            field=models.DateTimeField(verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="imp_uid",
            field=models.CharField(blank=True, max_length=64, verbose_name="PortOne payment id"),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="merchant_uid",
            field=models.CharField(blank=True, max_length=64, verbose_name="order number"),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(fields=["merchant_uid"], name="discrepancy_by_merchant_uid"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.OrderBy(models.F("paid_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("status"),
                models.F("pay_method"),
                name="payment_by_paid_at",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.OrderBy(models.F("requested_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "ready"), ("vbank_num", "")),
                name="payment_unpaid_by_age",
            ),
        ),
        migrations.AddIndex(
            model_name="personaldataaccess",
            index=models.Index(fields=["actor", "at"], name="access_by_actor"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(models.F("imp_uid"), name="delivery_by_imp_uid"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(models.F("merchant_uid"), name="delivery_by_merchant_uid"),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.UniqueConstraint(
                fields=("imp_uid",), name="discrepancy_imp_uid_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("imp_uid",), name="payment_imp_uid_once"),
        ),
        migrations.RemoveIndex(
            model_name="movement",
            name="movement_by_time",
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                models.OrderBy(models.F("happened_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("kind"),
                models.F("pay_method"),
                name="movement_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                models.F("kind"),
                models.OrderBy(models.F("happened_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("kind__in", ("refund_reversal", "correction"))),
                name="movement_rare",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                models.OrderBy(models.F("happened_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_own", False)),
                name="movement_other",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                models.OrderBy(models.F("happened_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_test", True)),
                name="movement_test",
            ),
        ),
        migrations.RunPython(append_only.install, append_only.install),
    ]
