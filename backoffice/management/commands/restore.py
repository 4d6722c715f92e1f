"""`manage.py restore FILE`: a backup back into an empty database, all or nothing, then the audit.

The database that DATABASE_URL names has to be there and empty, before any `migrate`: for PostgreSQL
`createdb NAME`, for SQLite a file that is not there yet. FILE.sha256 is compared if it is there.
Then every hash, projection and close is recomputed, as `manage.py audit_ledger` does.

Set the SECRET_KEY of the time of the backup (`commands.backup` says why). Start worker and pages
afterwards; what the gateway has told nobody since the backup is asked about by the next sweep and
found by `manage.py reconcile`.

Exit codes: 0 restored, and everything holds. 1 restored, but something does not hold, or `migrate`
has to run first. 2 it could not be restored. 64 FILE is none, or the database is not empty. 75 the
database is away. On 2, 64 and 75 the database is as it was.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from backoffice.backup import BackupFailed, BackupRefused, files, restore
from backoffice.health import Status, database
from payments.management.command import MEANINGLESS, OperatorCommand

UNPROVEN, FAILED = 1, 2


class Command(OperatorCommand):
    """Load the file, and prove what came of it."""

    help = "Load a backup into an empty database. Exits 1 if the ledger does not hold, 2 if not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from."""
        parser.add_argument("file", type=Path, metavar="FILE", help="of manage.py backup")

    def handle(self, *args: Any, **options: Any) -> None:
        """All or nothing, then the audit."""
        file: Path = options["file"]
        try:
            restore(file=file)
        except BackupRefused as refusal:
            raise CommandError(str(refusal), returncode=MEANINGLESS) from None
        except BackupFailed as failure:
            raise CommandError(str(failure), returncode=FAILED) from failure
        if not files.has_sum(file=file):
            self.stdout.write(self.style.WARNING(f"No {file.name}.sha256: no sum was compared."))
        self.stdout.write(self.style.SUCCESS(f"{file} is restored."))
        self._audit()

    def _audit(self) -> None:
        migrations = database.migrations()
        if migrations.status is not Status.OK:
            words = f"It is of an older version: {migrations.sentence} Then manage.py audit_ledger."
            self.stdout.write(self.style.WARNING(words))
            sys.exit(UNPROVEN)
        # Ends with 1 if anything does not hold.
        call_command("audit_ledger", stdout=self.stdout)
