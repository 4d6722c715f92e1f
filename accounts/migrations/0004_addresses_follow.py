"""Addresses that an administrator changed before allauth's rows followed: they follow now.

Lower case everywhere, as allauth looks addresses up. Where a person's primary row is not the
account's address, the row is what a former mailbox signs in with: it goes, and the account's own
stands alone. Nobody is signed out or has to confirm anything for that.
"""

from django.db import migrations, models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower


def follow(apps, schema_editor):
    person = apps.get_model("accounts", "User")
    row = apps.get_model("account", "EmailAddress")
    people = person.objects.using(schema_editor.connection.alias)
    rows = row.objects.using(schema_editor.connection.alias)
    people.exclude(email=Lower("email")).update(email=Lower("email"))
    stale = rows.filter(user_id=OuterRef("pk"), primary=True).exclude(email=OuterRef("email"))
    for changed in people.filter(Exists(stale)).iterator():
        rows.filter(user_id=changed.pk).exclude(email=changed.email).delete()
        if changed.email:
            own, _ = rows.get_or_create(user_id=changed.pk, email=changed.email)
            rows.filter(pk=own.pk).update(primary=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_people_search"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AddField(
            model_name="user",
            name="email_changed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(follow, migrations.RunPython.noop),
    ]
