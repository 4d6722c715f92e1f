"""`manage.py rundemo`: shop, admin, worker and stand-in gateway on this machine, until Ctrl-C.

What `make run` starts. A process more is one more `add_process`.
"""

import os
import shlex
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from honcho.manager import Manager

HOST = "127.0.0.1"
STOPPED = {130, 143, -2, -15}


def command_line(*words: str) -> str:
    """A command for the shell, run by this very interpreter."""
    return shlex.join([sys.executable, *words])


class Command(BaseCommand):
    """Migrate, then run everything that the demo needs."""

    help = "Run the demo: shop, admin, worker and stand-in gateway. Ctrl-C stops everything."

    def add_arguments(self, parser: CommandParser) -> None:
        """Both ports."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=8001)

    def handle(self, *args: Any, port: int, sandbox_port: int, **options: Any) -> None:
        """Check first, so that nothing is half started."""
        if not settings.DEBUG:
            raise CommandError("The demo runs with DEBUG=True only (see .env.example).")
        self._check_free(port, "PORT")
        self._check_free(sandbox_port, "SANDBOX_PORT")
        data = settings.BASE_DIR / "var"
        data.mkdir(exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        sys.exit(self._run(port, sandbox_port, data))

    def _check_free(self, port: int, variable: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} can't be used ({error.strerror}). "
                    f"Choose another: make run {variable}={port + 10}"
                ) from None

    def _run(self, port: int, sandbox_port: int, data: Path) -> int:
        env = os.environ | {
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_RUNSERVER_HIDE_WARNING": "true",
        }
        webhook = f"http://{HOST}:{port}/webhooks/iamport/"
        sandbox = command_line(
            *("-m", "sandbox", "--port", str(sandbox_port), "--webhook-url", webhook),
            *("--data", str(data / "sandbox.sqlite3")),
        )
        seed = command_line("manage.py", "seed_demo")
        web = command_line("manage.py", "runserver", "--noreload", f"{HOST}:{port}")
        # Beside the seeding: the first jobs are due minutes later, and a sweep does it no harm.
        worker = command_line("manage.py", "worker")
        manager = Manager()
        manager.add_process("sandbox", f"exec {sandbox}", env=env, cwd=str(settings.BASE_DIR))
        manager.add_process(
            "web", f"LOG_LEVEL=WARNING {seed} && exec {web}", env=env, cwd=str(settings.BASE_DIR)
        )
        manager.add_process(
            "worker", f"LOG_LEVEL=WARNING exec {worker}", env=env, cwd=str(settings.BASE_DIR)
        )
        manager.loop()
        # Ctrl-C is how a demo ends, not a failure.
        return 0 if manager.returncode in STOPPED else int(manager.returncode or 0)
