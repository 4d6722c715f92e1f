"""What every command of ours does with bad input: one line that names the option, exit code 64.

Django's own way is argparse's exit code 2, which means something else here (`reconcile`), or a
traceback. A command builds on `OperatorCommand` and takes the types of its options from here; a
type says no with `argparse.ArgumentTypeError`. Other errors stay errors.
"""

import argparse
import math
import sys
from datetime import date
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from payments.core.days import FIRST_DAY, last_day, read_day
from payments.core.text import MAX_ID, clean, whole_number

from .start import UNSAFE, refuse_if_unsafe
from .tempfail import DatabaseCommand

# EX_USAGE of sysexits.h: the command was used the wrong way, and nothing was started.
MEANINGLESS = 64


def refuse(message: str) -> NoReturn:
    """End the command: it was asked for something that makes no sense."""
    raise CommandError(" ".join(message.split()), returncode=MEANINGLESS)


class OperatorCommand(DatabaseCommand):
    """A command for whoever runs the product."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Argparse's refusals are ours."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Django names the parser's class in the middle of this method.
        parser.error = refuse  # type: ignore[method-assign]
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Django prints a CommandError in one line, unless an option could not be read."""
        try:
            super().run_from_argv(argv)
        except CommandError as refusal:
            if "--traceback" in argv:
                raise
            self.stderr.write(f"CommandError: {refusal}")
            sys.exit(refusal.returncode)


class BackgroundCommand(OperatorCommand):
    """A command that works by itself, day and night: not in a production that is unsafe (78)."""

    def check(self, *args: Any, **options: Any) -> None:
        """With Django's own checks, before anything is looked at."""
        super().check(*args, **options)
        try:
            refuse_if_unsafe()
        except ImproperlyConfigured as fault:
            raise CommandError(str(fault), returncode=UNSAFE) from fault


def day(text: str) -> date:
    """An option that is a Korean day."""
    wanted = read_day(text)
    if wanted is None:
        bounds = f"from {FIRST_DAY} to {last_day()}"
        raise argparse.ArgumentTypeError(
            f"“{clean(text)}” is no day {bounds}. Write it as 2026-04-30."
        )
    return wanted


def seconds(text: str) -> float:
    """An option that is a time in seconds, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # Half of all comparisons with NaN are no help: only what is 0 or more passes.
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"“{clean(text)}” is no time. Write seconds, such as 60.")
    return number


def run_number(text: str) -> int:
    """An option that is the number of a run."""
    number = whole_number(text)
    if not number:
        raise argparse.ArgumentTypeError(
            f"“{clean(text)}” is no number of a run. Write 1 to {MAX_ID}."
        )
    return number
