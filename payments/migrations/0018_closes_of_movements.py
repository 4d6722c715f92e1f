from typing import Any

from django.db import migrations, models

from payments.migrations import _append_only_triggers as append_only

# Frozen here: what the table's triggers are called may change.
_TRIGGERS_OFF = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS payments_dailyclose_no_update",
        "DROP TRIGGER IF EXISTS payments_dailyclose_no_delete",
    ),
    "postgresql": (
        "DROP TRIGGER IF EXISTS payments_dailyclose_no_change ON payments_dailyclose",
        "DROP TRIGGER IF EXISTS payments_dailyclose_no_truncate ON payments_dailyclose",
    ),
}


def drop_closes(apps: Any, schema_editor: Any) -> None:
    """Closes of payments can't become closes of movements: what was known then was not kept."""
    for statement in _TRIGGERS_OFF[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)
    schema_editor.execute("DELETE FROM payments_dailyclose", params=None)


def _added(name: str, field: Any) -> migrations.AddField:
    return migrations.AddField(
        model_name="dailyclose", name=name, field=field, preserve_default=False
    )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_roll_ups"),
    ]

    operations = [
        migrations.RunPython(drop_closes, migrations.RunPython.noop),
        migrations.RemoveField(model_name="dailyclose", name="gross"),
        migrations.RemoveField(model_name="dailyclose", name="refunded"),
        migrations.AlterField(
            model_name="dailyclose",
            name="count",
            field=models.PositiveIntegerField(verbose_name="movements"),
        ),
        _added(
            "approvals", models.PositiveIntegerField(default=0, verbose_name="number of approvals")
        ),
        _added("approved", models.BigIntegerField(default=0, verbose_name="approved")),
        _added(
            "refunds_same_day",
            models.IntegerField(
                default=0, verbose_name="number of refunds of the own day's payments"
            ),
        ),
        _added(
            "refunded_same_day",
            models.BigIntegerField(default=0, verbose_name="refunded of the own day's payments"),
        ),
        _added(
            "refunds_earlier",
            models.IntegerField(
                default=0, verbose_name="number of refunds of earlier days' payments"
            ),
        ),
        _added(
            "refunded_earlier",
            models.BigIntegerField(default=0, verbose_name="refunded of earlier days' payments"),
        ),
        _added(
            "refunded_later",
            models.BigIntegerField(
                default=0, verbose_name="refunded on later days until the close"
            ),
        ),
        migrations.AddField(
            model_name="dailyclose",
            name="by_kind",
            field=models.JSONField(default=list, verbose_name="by kind"),
        ),
        migrations.AddField(
            model_name="dailyclose",
            name="by_mid",
            field=models.JSONField(default=list, verbose_name="by MID"),
        ),
        migrations.AddField(
            model_name="dailyclose",
            name="others",
            field=models.JSONField(default=dict, verbose_name="second approvals"),
        ),
        migrations.AddField(
            model_name="dailyclose",
            name="tests",
            field=models.JSONField(default=dict, verbose_name="test payments"),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["day", "observed_at"], name="movement_by_day"),
        ),
        migrations.RunPython(append_only.install, migrations.RunPython.noop),
    ]
