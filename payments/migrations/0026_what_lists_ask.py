"""Words of an access, failed tasks and the outcome of runs, each without reading a whole table."""

from django.db import migrations
from django.db.models import Count, Sum

from payments.migrations import _access_search_index as access_search

# The queue is another app's table, with no index of what failed or goes on.
TASKS = {
    "task_failed": "(finished_at DESC) WHERE status = 'FAILED'",
    "task_unfinished": "(status) WHERE status IN ('READY', 'RUNNING')",
}


def keep_outcomes(apps, schema_editor):
    """Of runs that are done, as the worker keeps them from now on."""
    alias = schema_editor.connection.alias
    items = apps.get_model("payments", "VerificationItem").objects.using(alias).order_by()
    runs = apps.get_model("payments", "VerificationRun").objects.using(alias)
    for run in runs.filter(status="done", final_counts__isnull=True):
        mine = items.filter(run_id=run.pk)
        counts = dict(mine.values_list("outcome").annotate(Count("pk")))
        moved = mine.filter(outcome__in=("moved", "differs")).exclude(outcome="differs", became="")
        sums = moved.values_list("became").annotate(Count("pk"), Sum("moved_amount"))
        changes = [list(row) for row in sums]
        runs.filter(pk=run.pk).update(final_counts=counts, final_changes=changes)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0025_indexes_that_serve"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
    ]

    operations = [
        migrations.RunPython(access_search.install, access_search.remove),
        *(
            migrations.RunSQL(
                f"CREATE INDEX {name} ON django_tasks_database_dbtaskresult {of}",
                f"DROP INDEX {name}",
            )
            for name, of in TASKS.items()
        ),
        migrations.RunPython(keep_outcomes, migrations.RunPython.noop),
    ]
