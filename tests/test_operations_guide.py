"""The operators' guide names what an operator meets, in both languages."""

import re

import pytest

from tests.conftest import ROOT

LANGUAGES = ["operations.md", "operations.ko.md"]


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def states() -> set[str]:
    """The words of components that are not well, from the table of `backoffice.health`."""
    table = (ROOT / "backoffice" / "health" / "__init__.py").read_text()
    rows = re.findall(r"^\| (\w+) \| ok[^;]*; ([^|]+) \|$", table, re.MULTILINE)
    assert len(rows) == 6
    return {word for row in rows for word in re.findall(r"\w+", " ".join(row))} - {
        *("down", "degraded", "busy"),
    }


@pytest.mark.parametrize("name", LANGUAGES)
def test_it_says_what_to_do_about_each_failing_check(name: str) -> None:
    source = (ROOT / "backoffice" / "checks.py").read_text()
    ids = set(re.findall(r'id="(backoffice\.[EW]\d+)"', source))
    assert len(ids) >= 11
    assert {one for one in ids if f"\n| {one} |" not in guide(name)} == set()


@pytest.mark.parametrize("name", LANGUAGES)
def test_it_says_what_to_do_about_each_state(name: str) -> None:
    text = guide(name)
    assert {word for word in states() if not re.search(rf"\b{word}", text)} == set()


def test_both_languages_give_the_same_commands() -> None:
    english, korean = (
        [
            re.sub(r"\s+#.*", "", line)
            for block in re.findall(r"```sh\n(.*?)```", guide(name), re.DOTALL)
            for line in block.splitlines()
        ]
        for name in LANGUAGES
    )
    assert english == korean
    assert len(english) > 40


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_file_of_deploy_that_it_names_is_there(name: str) -> None:
    named = set(re.findall(r"deploy/([\w.-]+\w)", guide(name)))
    assert named
    assert {file for file in named if not (ROOT / "deploy" / file).exists()} == set()
