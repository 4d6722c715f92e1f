"""`make run`: which processes it starts, and when it refuses."""

from typing import Any

import pytest

from demo import __main__ as runner


class Manager:
    """Takes down what would be started; ends as Ctrl-C does."""

    returncode = 130
    started: dict[str, str]

    def __init__(self) -> None:
        type(self).started = {}

    def add_process(self, name: str, cmd: str, **options: Any) -> None:
        self.started[name] = cmd

    def loop(self) -> None:
        """Nothing runs."""


def test_shop_worker_and_stand_in_are_processes_of_their_own(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG, settings.BASE_DIR = True, tmp_path
    monkeypatch.setattr(runner, "Manager", Manager)
    monkeypatch.setattr(runner, "call_command", lambda *words, **options: None)
    assert runner.main(["--port", "0", "--sandbox-port", "0"]) == 0
    assert set(Manager.started) == {"sandbox", "web", "worker"}
    assert Manager.started["worker"].endswith("manage.py worker")
    # Known passwords: the shop opens once the demo's people are there.
    assert "-m demo.seed && exec" in Manager.started["web"]


def test_it_has_no_place_in_production() -> None:
    with pytest.raises(SystemExit, match="DEBUG"):
        runner.main([])
