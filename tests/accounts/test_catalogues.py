"""The Korean catalogues: complete, and compiled from what is in the repository."""

from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = [
    ROOT / app / "locale" / "ko" / "LC_MESSAGES" / "django.po" for app in ("accounts", "backoffice")
]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-5])
def test_every_text_has_a_korean_wording(path: Path):
    catalogue = polib.pofile(path)

    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-5])
def test_the_compiled_catalogue_is_up_to_date(path: Path):
    written = {entry.msgid: entry.msgstr for entry in polib.pofile(path)}
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(path.with_suffix(".mo"))}

    assert compiled == written
