"""Every word that a person sees has a Korean wording, compiled from what is in the repository."""

import re
import shutil
from pathlib import Path

import polib
import pytest

from tools.messages import APPS, ROOT, catalogue, collect, entries


@pytest.mark.parametrize("app", APPS)
def test_every_text_has_a_korean_wording(app: str) -> None:
    entries = polib.pofile(catalogue(ROOT, app))
    assert [entry.msgid for entry in entries.untranslated_entries()] == []
    assert [entry.msgid for entry in entries.fuzzy_entries()] == []


@pytest.mark.parametrize("app", APPS)
def test_the_compiled_catalogue_is_up_to_date(app: str) -> None:
    path = catalogue(ROOT, app)
    written = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.pofile(path)}
    compiled = polib.mofile(str(path.with_suffix(".mo")))
    assert {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in compiled} == written


@pytest.mark.parametrize("app", APPS)
def test_a_wording_keeps_the_placeholders(app: str) -> None:
    for entry in polib.pofile(catalogue(ROOT, app)):
        names = set(re.findall(r"%\(\w+\)s", entry.msgid))
        for wording in list(entry.msgstr_plural.values()) or [entry.msgstr]:
            assert names <= set(re.findall(r"%\(\w+\)s", wording)), entry.msgid


@pytest.mark.skipif(not shutil.which("xgettext"), reason="apt-get install -y gettext")
def test_no_text_of_the_source_is_missing_from_the_catalogues(tmp_path: Path) -> None:
    collect(tmp_path)
    for app in APPS:
        assert entries(catalogue(tmp_path, app)).keys() == entries(catalogue(ROOT, app)).keys(), app
