from django.db import migrations, models

from payments.migrations import _append_only_triggers as append_only


def keep_what_is_known(apps, schema_editor):
    """Of the runs that saw a discrepancy, the first and the last alone were kept until now."""
    discrepancy = apps.get_model("payments", "Discrepancy")
    through = discrepancy.seen_by.through
    known = discrepancy.objects.values_list("pk", "run_id", "last_run_id")
    pairs = {(pk, run) for pk, *runs in known.iterator() for run in runs if run is not None}
    rows = [through(discrepancy_id=pk, reconciliationrun_id=run) for pk, run in sorted(pairs)]
    through.objects.bulk_create(rows, batch_size=1_000)


def keep_the_last_alone(apps, schema_editor):
    discrepancy = apps.get_model("payments", "Discrepancy")
    of_it = discrepancy.seen_by.through.objects.filter(discrepancy_id=models.OuterRef("pk"))
    runs = of_it.order_by("-reconciliationrun_id").values("reconciliationrun_id")
    discrepancy.objects.update(last_run_id=models.Subquery(runs[:1]))


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_background_work")]

    operations = [
        migrations.AddField(
            model_name="discrepancy",
            name="seen_by",
            field=models.ManyToManyField(
                blank=True,
                related_name="seen",
                to="payments.reconciliationrun",
                verbose_name="seen by",
            ),
        ),
        migrations.RunPython(keep_what_is_known, keep_the_last_alone),
        migrations.RemoveField(model_name="discrepancy", name="last_run"),
        migrations.RunPython(append_only.install, migrations.RunPython.noop),
    ]
