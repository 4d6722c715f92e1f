"""Commands that end in good order when the database is away: the ground of `OperatorCommand`.

The worker, which waits, lets no such error through.
"""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from payments.core.db.away import is_away, reason

# 75: cron, systemd and mail servers read it as "try again later".
DATABASE_AWAY = os.EX_TEMPFAIL


class DatabaseCommand(BaseCommand):
    """Exit code 75 and one line, no traceback, when the database is away."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's. What was begun is in the database: nothing is lost or half done."""
        try:
            return super().execute(*args, **options)
        except (DatabaseError, InterfaceError) as error:
            if not is_away(error):
                raise
            message = f"The database is away: {reason(error)}. Try again when it is back."
            raise CommandError(message, returncode=DATABASE_AWAY) from error
