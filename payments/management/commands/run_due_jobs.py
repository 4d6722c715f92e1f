"""`manage.py run_due_jobs`: queue every job that is due, from cron or a systemd timer.

Any number may run at once, on any number of machines: each job is queued once. Not needed beside
`manage.py worker`, which does the same every few seconds unless it runs with --no-schedule.
Exit code 75: the database is away; the next turn will do.
"""

from typing import Any

from payments.management.command import BackgroundCommand
from payments.tasks import run_due_jobs


class Command(BackgroundCommand):
    """Names what was queued."""

    help = "Queue every job of the schedule that is due."

    def handle(self, *args: Any, **options: Any) -> None:
        """Nothing is run here: the workers do that."""
        names = run_due_jobs()
        self.stdout.write(", ".join(names) if names else "Nothing is due.")
