"""Any part of an address or name by its index, given names too; staff without reading customers."""

from django.db import migrations, models

from accounts.migrations import _people_search_index as people_search


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_addresses_follow"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                models.F("id").desc(), condition=models.Q(("is_staff", True)), name="user_staff"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                models.F("id").desc(),
                condition=models.Q(("is_active", False)),
                name="user_inactive",
            ),
        ),
        migrations.RunPython(people_search.install, migrations.RunPython.noop),
    ]
