"""`python -m demo`: shop, admin, worker and stand-in gateway on this machine, until Ctrl-C.

What `make run` starts. A process more is one more `add_process`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from honcho.manager import Manager

from tools.processes import HOST, STOPPED, check_free, command_line


def main(words: Sequence[str] | None = None) -> int:
    """Migrate, then run everything that the demo needs. Checks first: nothing is half started."""
    arguments = _arguments(words)
    if not settings.DEBUG:
        raise SystemExit("The demo runs with DEBUG=True only (see .env.example).")
    check_free(arguments.port, "PORT", target="run")
    check_free(arguments.sandbox_port, "SANDBOX_PORT", target="run")
    data = settings.BASE_DIR / "var"
    data.mkdir(exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    return _run(arguments.port, arguments.sandbox_port, data)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Run shop, admin, worker and stand-in gateway. Ctrl-C stops everything.",
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8001)
    return parser.parse_args(words)


def _run(port: int, sandbox_port: int, data: Path) -> int:
    """All processes until one of them ends or Ctrl-C; the exit code."""
    webhook = f"http://{HOST}:{port}/webhooks/iamport/"
    sandbox = command_line(
        *("-m", "sandbox", "--port", str(sandbox_port), "--webhook-url", webhook),
        *("--data", str(data / "sandbox.sqlite3")),
    )
    seed = command_line("-m", "demo.seed")
    web = command_line("manage.py", "runserver", "--noreload", f"{HOST}:{port}")
    # Beside the seeding: the first jobs are due minutes later, and a sweep does it no harm.
    worker = command_line("manage.py", "worker")
    started_with = {"env": _environment(port, sandbox_port), "cwd": str(settings.BASE_DIR)}
    manager = Manager()
    manager.add_process("sandbox", f"exec {sandbox}", **started_with)
    manager.add_process("web", f"LOG_LEVEL=WARNING {seed} && exec {web}", **started_with)
    manager.add_process("worker", f"LOG_LEVEL=WARNING exec {worker}", **started_with)
    manager.loop()
    return 0 if manager.returncode in STOPPED else int(manager.returncode or 0)


def _environment(port: int, sandbox_port: int) -> dict[str, str]:
    return os.environ | {
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_RUNSERVER_HIDE_WARNING": "true",
    }


if __name__ == "__main__":
    sys.exit(main())
