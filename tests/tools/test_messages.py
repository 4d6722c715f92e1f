"""Catalogues follow the source: what is right stays, what moved takes its wording along."""

from pathlib import Path

import pytest

from tools import messages
from tools.messages import APPS, catalogue

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A checkout and a copy with the texts collected anew, their catalogues empty."""
    for folder in (tmp_path / "checkout", tmp_path / "collected"):
        for app in APPS:
            catalogue(folder, app).parent.mkdir(parents=True)
            catalogue(folder, app).write_text(HEAD)
    return tmp_path / "checkout", tmp_path / "collected"


def add(path: Path, *entries: str) -> None:
    path.write_text("\n".join([path.read_text(), *(f"{entry}\n" for entry in entries)]))


PAID = 'msgid "Paid"\nmsgstr "결제완료"'
FEW = 'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s일"'


def without_wording(entry: str) -> str:
    return entry.replace("결제완료", "").replace('"%(n)s일"', '""')


def test_a_text_that_moved_takes_its_wording_along(folders: tuple[Path, Path]) -> None:
    checkout, collected = folders
    add(catalogue(checkout, "payments"), PAID, FEW)
    add(catalogue(collected, "backoffice"), without_wording(PAID), without_wording(FEW))
    assert messages.update(checkout, collected) == []
    assert PAID in catalogue(checkout, "backoffice").read_text()
    assert 'msgstr[0] "%(n)s일"' in catalogue(checkout, "backoffice").read_text()
    assert catalogue(checkout, "payments").read_text() == HEAD
    assert catalogue(checkout, "backoffice").with_suffix(".mo").exists()


def test_what_is_right_keeps_its_place(folders: tuple[Path, Path]) -> None:
    checkout, collected = folders
    add(catalogue(checkout, "payments"), FEW, PAID)
    before = catalogue(checkout, "payments").read_text()
    add(catalogue(collected, "payments"), without_wording(PAID), without_wording(FEW))
    assert messages.update(checkout, collected) == []
    assert catalogue(checkout, "payments").read_text() == before


def test_a_text_without_wording_is_named(folders: tuple[Path, Path]) -> None:
    checkout, collected = folders
    add(catalogue(collected, "payments"), 'msgctxt "column"\nmsgid "Net"\nmsgstr ""')
    assert messages.update(checkout, collected) == [("column", "Net", "")]
    assert 'msgid "Net"\nmsgstr ""' in catalogue(checkout, "payments").read_text()
