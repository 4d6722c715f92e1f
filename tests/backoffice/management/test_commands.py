"""What the commands of the frame do with bad input, and without a database: as every command."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import ROOT


@pytest.mark.parametrize("words", [["status"], ["backup", "x.dump"], ["restore", "x.dump"]])
def test_an_option_that_is_not_there_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError, match="--bogus") as refusal:
        call_command(*words, "--bogus")
    assert refusal.value.returncode == 64


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_a_file_has_to_be_named(name: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command(name)
    assert refusal.value.returncode == 64


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_without_a_database_it_ends_with_75_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    file = tmp_path / "book.dump"
    if name == "restore":
        file.write_bytes(b"PGDMP")
    before = list(tmp_path.iterdir())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgres://nobody:hidden@127.0.0.1:{taken.getsockname()[1]}/nothing"
        environment: dict[str, Any] = os.environ | {
            "DJANGO_SETTINGS_MODULE": "backoffice.settings",
            "DATABASE_URL": url,
        }
        command = [sys.executable, "manage.py", name, str(file)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 75
    assert "The database is away: " in done.stderr
    assert list(tmp_path.iterdir()) == before
