"""Bad input of every command: one line on stderr that names the option, exit code 64, no more."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.db import connections

from payments.management import commands
from payments.management.command import OperatorCommand
from payments.models import ReconciliationRun, VerificationRun

HERE = Path(commands.__file__).parent
COMMANDS = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "__init__")

Run = Callable[..., str]


@pytest.fixture
def refused(db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command line that makes no sense writes to stderr."""

    # Django closes them at the end of a command, and with them the test's transaction.
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(name: str, *arguments: str) -> str:
        command = load_command_class("payments", name)
        with pytest.raises(SystemExit) as end:
            command.run_from_argv(["manage.py", name, *arguments, "--skip-checks"])
        assert end.value.code == 64
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "Traceback" not in err
        assert not ReconciliationRun.objects.exists()
        assert not VerificationRun.objects.exists()
        return err

    return run


@pytest.mark.parametrize(
    "day",
    [
        "0026-11-28",
        "0001-01-01",
        "1999-12-31",
        "2999-01-01",
        "9999-12-31",
        "2026-02-30",
        "20260401",
        "2026-W14-3",
        "٢٠٢٦-٠٤-٠١",
        "２０２６-04-01",
        "2026-04-01\x00",
        "\udcff",
        "9" * 5_000,
        "",
        "today",
    ],
)
def test_a_day_that_is_none_or_out_of_bounds_names_the_option_and_says_what_is_allowed(
    refused: Run, day: str
) -> None:
    for option, other in (("--from", "--to"), ("--to", "--from")):
        line = refused("reconcile", option, day, other, "2026-04-01")
        assert f"argument {option}: " in line
        assert "from 2000-01-01 to " in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    {
        ("reconcile",): "--from, --to",
        ("reconcile", "--from", "2026-04-02", "--to", "2026-04-01"): "--to: ",
        ("reconcile", "--from", "2020-01-01", "--to", "2026-04-01"): "--from: ",
        ("sweep", "--seconds", "nan"): "--seconds",
        ("sweep", "--seconds", "-1"): "--seconds",
        ("sweep", "--seconds", "soon"): "--seconds",
        ("worker", "--interval", "\x00"): "--interval",
        ("worker", "--interval", "-0.5"): "--interval",
        ("verify_payments", "--resume", "0"): "--resume",
        ("verify_payments", "--resume", "9" * 5_000): "--resume",
        ("verify_payments", "--resume", "٣"): "--resume",
        ("verify_payments", "--resume", str(2**63 - 1)): "--resume: there is no run",
        ("verify_payments", "--filter", "from=0026-11-28"): "--filter: ",
        ("verify_payments", "--filter", "status=%00"): "--filter: ",
        ("verify_payments", "--filter", "\udcff=1"): "--filter: ",
        ("verify_payments", "--filter", "user__password__startswith=a"): "--filter: ",
        ("verify_payments", "--filter", "user=" + "9" * 5_000): "--filter: ",
        ("verify_payments", "--filter", "a&" * 2_000): "--filter: ",
        ("verify_payments", "--search", "\x00"): "--search: ",
        ("verify_payments", "--search", "\udcff"): "--search: ",
    }.items(),
)
def test_what_makes_no_sense_names_the_option(
    refused: Run, arguments: tuple[str, ...], named: str
) -> None:
    assert named in refused(*arguments)


# What these do not start without.
NEEDED = {
    "reconcile": ("--from", "2026-04-01", "--to", "2026-04-01"),
    "erase_search_words": ("minji@example.com",),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_is_not_there_is_refused_like_everything_else(
    refused: Run, name: str
) -> None:
    assert "--bogus" in refused(name, *NEEDED.get(name, ()), "--bogus")


@pytest.mark.parametrize("name", COMMANDS)
def test_called_from_code_the_refusal_is_an_error_with_the_same_exit_code(name: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command(name, "--bogus")
    assert refusal.value.returncode == 64


def test_every_command_is_one_for_operators() -> None:
    for name in COMMANDS:
        module = import_module(f"{commands.__name__}.{name}")
        assert issubclass(module.Command, OperatorCommand), name


def test_an_error_that_nobody_foresaw_stays_one(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("payments.management.commands.sweep.sweep", broken)
    with pytest.raises(ZeroDivisionError):
        call_command("sweep")
