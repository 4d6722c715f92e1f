"""Every word that a person sees has a Korean wording, compiled from what is in the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "backoffice", "payments")
SOURCES = (*APPS, "templates")


def catalogue(root: Path, app: str) -> Path:
    return root / app / "locale" / "ko" / "LC_MESSAGES" / "django.po"


def words(path: Path) -> set[tuple[str, str, str]]:
    return {
        (entry.msgctxt or "", entry.msgid, entry.msgid_plural)
        for entry in polib.pofile(path)
        if not entry.obsolete
    }


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
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "django", "makemessages", "-l", "ko", "--no-obsolete"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "ENV_FILE": "",
        "SECRET_KEY": "collecting words",
    }
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    for app in APPS:
        assert words(catalogue(tmp_path, app)) <= words(catalogue(ROOT, app)), app
