"""Modules under the bar are named, the least covered first."""

from tools.coverage_bar import modules_under


def test_modules_under_the_bar() -> None:
    percents = {"full.py": 100.0, "at.py": 90.0, "under.py": 89.9, "bare.py": 0.0}
    files = {path: {"summary": {"percent_covered": value}} for path, value in percents.items()}
    assert modules_under(90.0, {"files": files}) == [("bare.py", 0.0), ("under.py", 89.9)]
