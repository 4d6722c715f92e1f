from django.db import migrations

from payments.migrations import _append_only_triggers as append_only


class Migration(migrations.Migration):
    """After 0014 has moved them: PostgreSQL can't alter a table in the transaction that filled it."""

    dependencies = [
        ("payments", "0014_customers_without_names"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="personaldataaccess",
            name="query",
        ),
        migrations.RunPython(append_only.install, migrations.RunPython.noop),
    ]
