import django.db.models.deletion
from django.db import migrations, models

from payments.migrations import _names_of_customers as names_of_customers


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_refund_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessQuery",
            fields=[
                (
                    "access",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="kept_query",
                        serialize=False,
                        to="payments.personaldataaccess",
                    ),
                ),
                ("query", models.TextField(verbose_name="filter")),
                ("salt", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name": "filter of an access",
                "verbose_name_plural": "filters of accesses",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="personaldataaccess",
            name="query_hash",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(names_of_customers.forget, migrations.RunPython.noop),
    ]
