from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0021_reconciliation_in_won"),
    ]

    operations = [
        migrations.AddField(
            model_name="verificationitem",
            name="became",
            field=models.CharField(
                blank=True,
                choices=[
                    ("paid", "Paid"),
                    ("cancelled", "Cancelled"),
                    ("part_refunded", "Partly refunded"),
                    ("failed", "Failed"),
                ],
                default="",
                max_length=16,
                verbose_name="became",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="verificationitem",
            name="moved_amount",
            field=models.BigIntegerField(default=0, verbose_name="won that moved"),
        ),
    ]
