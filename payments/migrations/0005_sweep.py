from django.db import migrations, models


def try_what_failed_before_again(apps, schema_editor):
    """Deliveries from the time when nothing was tried again by itself get their turn now."""
    deliveries = apps.get_model("payments", "WebhookDelivery").objects
    open_ones = deliveries.filter(outcome__in=["received", "failed"])
    open_ones.update(next_attempt_at=models.F("received_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_list_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookdelivery",
            name="next_attempt_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="next attempt"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                models.F("next_attempt_at"),
                condition=models.Q(("next_attempt_at__isnull", False)),
                name="delivery_to_try_again",
            ),
        ),
        migrations.RunPython(try_what_failed_before_again, migrations.RunPython.noop),
    ]
