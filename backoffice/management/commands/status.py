"""`manage.py status`: how the installation is, one line for each component.

Asks what the probe `/ready/` asks (`backoffice.health`) and says it in sentences, with times in
Korea; `--json` for programs. Takes some seconds at most, also while the database is away.

Exit codes: 0 all is well. 1 pages are served, but somebody should look (no worker, a silent
gateway, a wrong clock, a late job). 2 the database is away, can't be written to or lacks
migrations. 64 a bad option. Unlike other commands it never ends with 75: that the database is away
is what it is there to tell.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from backoffice import health
from backoffice.health import Component, Health, Status
from payments.management.command import OperatorCommand


class Command(OperatorCommand):
    """Prints a line for each component; the exit code is the worst of them."""

    help = "Say how the installation is. Exits 0 (ok), 1 (somebody should look) or 2 (down)."

    def add_arguments(self, parser: CommandParser) -> None:
        """For whom the output is."""
        parser.add_argument("--json", action="store_true", help="one JSON object, for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask once."""
        now = health.ask()
        self.stdout.write(_json(now) if options["json"] else self._lines(now))
        if now.status is not Status.OK:
            sys.exit(now.status)

    def _lines(self, now: Health) -> str:
        names = max(len(component.name) for component in now.components)
        states = max(len(component.state) for component in now.components)
        return "\n".join(
            f"{component.name:<{names}}  {self._colour(component)(f'{component.state:<{states}}')}"
            f"  {component.sentence}"
            for component in now.components
        )

    def _colour(self, component: Component) -> Any:
        return (self.style.SUCCESS, self.style.WARNING, self.style.ERROR)[component.status]


def _json(now: Health) -> str:
    components = {
        component.name: asdict(component) | {"status": component.status.word}
        for component in now.components
    }
    return json.dumps({"status": now.status.word, "components": components}, ensure_ascii=False)
