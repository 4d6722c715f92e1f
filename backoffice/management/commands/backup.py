"""`manage.py backup FILE`: the whole database in one file, with its sum in FILE.sha256.

On PostgreSQL the file is pg_dump's (custom format), on SQLite a copy of the database. It shows one
moment; pages, worker and webhooks go on meanwhile. It appears when it is whole, readable by its
owner alone (it holds what customers have entrusted), and never takes the place of another one.

The backup is not all that is needed. Keep apart from it, where only you get at it:

- SECRET_KEY: authenticator apps and recovery codes are encrypted with a key made from it. With
  another one nobody's app fits any more (passkeys do), everybody is signed out, and links in mails
  that are under way are void.
- the environment file, with the gateway's keys.
- the last day's hash, which is printed in the end (printed statements carry it as well): whoever
  can write to the database can compute a whole new chain, but not change what you hold.

Exit codes: 0 the backup is there. 2 it could not be made. 64 FILE is there already, or has no
folder. 75 the database is away. On any of these but 0 nothing is left behind.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from backoffice.backup import BackupFailed, BackupRefused, backup
from payments.management.command import MEANINGLESS, OperatorCommand
from payments.models import DailyClose

FAILED = 2


class Command(OperatorCommand):
    """Write the file, and say what else has to be kept."""

    help = "Write the whole database to a file. Exits 2 if that could not be done."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path, metavar="FILE", help="must not be there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        """One file and its sum."""
        file: Path = options["file"]
        try:
            backup(file=file)
        except BackupRefused as refusal:
            raise CommandError(str(refusal), returncode=MEANINGLESS) from None
        except BackupFailed as failure:
            raise CommandError(str(failure), returncode=FAILED) from failure
        size = f"{file.stat().st_size:,} bytes"
        self.stdout.write(self.style.SUCCESS(f"{file}: {size}, with its sum in {file.name}.sha256"))
        self.stdout.write(
            "Keep apart from it: SECRET_KEY (without it no authenticator app fits), the "
            f"environment file{_last_close()}."
        )


def _last_close() -> str:
    last = DailyClose.objects.order_by("day").last()
    return f", and the hash of the last closed day, {last.day}: {last.hash}" if last else ""
