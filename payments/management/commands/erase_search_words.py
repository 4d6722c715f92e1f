"""`manage.py erase_search_words`: what staff searched for, out of the record of accesses.

When a customer asks for their data to be erased. Who looked, when and why stays on record.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from payments.errors import NotAllowed
from payments.management.command import OperatorCommand
from payments.services.access_log import erase_queries


class Command(OperatorCommand):
    """Prints how many filters were erased."""

    help = "Erase search words, such as an e-mail, from the record of who saw personal data."

    def add_arguments(self, parser: CommandParser) -> None:
        """What was searched for."""
        parser.add_argument("words", help="what was typed, such as minji@example.com")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line."""
        try:
            erased = erase_queries(words=options["words"])
        except NotAllowed as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{erased:,} filters erased.")
