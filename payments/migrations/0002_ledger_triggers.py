"""The database itself refuses to change or remove a row of the ledger."""

from django.db import migrations

from payments.migrations import _append_only_triggers as append_only


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunPython(append_only.install, append_only.remove)]
