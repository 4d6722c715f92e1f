"""Keeps the Korean catalogues as the source needs them; `make messages`.

Collects every text anew, in a copy, so that what is right keeps its place: a text that the source
no longer has is dropped, a new one is added at the end, with the wording that another catalogue has
for it (a text that moves to a template moves to another catalogue). Ends with 1 and names what is
left to translate.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "backoffice", "payments")
# What stands in `templates` belongs to backoffice (LOCALE_PATHS).
SOURCES = (*APPS, "templates")
_WIDTH = 100

Key = tuple[str, str, str]


def catalogue(root: Path, app: str) -> Path:
    """The file of an app's Korean wordings."""
    return root / app / "locale" / "ko" / "LC_MESSAGES" / "django.po"


def key(entry: polib.POEntry) -> Key:
    """What makes a text: its context, itself, its plural."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural)


def entries(path: Path) -> dict[Key, polib.POEntry]:
    """What stands in a catalogue and is in use."""
    return {key(entry): entry for entry in polib.pofile(str(path)) if not entry.obsolete}


def collect(root: Path) -> None:
    """Bring the catalogues of a copy of the sources up to date (needs gettext)."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, root / name)
    command = [sys.executable, "-m", "django", "makemessages", "-l", "ko", "--no-obsolete"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(root),
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "ENV_FILE": "",
        "SECRET_KEY": "collecting words",
    }
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)


def update(root: Path, collected: Path) -> list[Key]:
    """Write the catalogues anew and compile them; the texts that have no wording yet."""
    known = {
        text: entry
        for app in APPS
        for text, entry in entries(catalogue(root, app)).items()
        if entry.translated()
    }
    for app in APPS:
        path, needed = catalogue(root, app), entries(catalogue(collected, app))
        head, *blocks = path.read_text().rstrip("\n").split("\n\n")
        kept = {text: block for block in blocks if (text := _key_of(block)) in needed}
        new = [_block(needed[text], known.get(text)) for text in needed if text not in kept]
        path.write_text("\n\n".join([head, *kept.values(), *new]) + "\n")
        # Beside it, kept by hand: what Django's scripts say.
        for each in path.parent.glob("*.po"):
            compiled = str(each.with_suffix(".mo"))
            subprocess.run(["msgfmt", "--check-format", "-o", compiled, str(each)], check=True)
    return [
        text
        for app in APPS
        for text, entry in entries(catalogue(root, app)).items()
        if not entry.translated()
    ]


def _key_of(block: str) -> Key | None:
    """Of one entry as it stands in the file; None for what is out of use."""
    return next((key(entry) for entry in polib.pofile(block + "\n") if not entry.obsolete), None)


def _block(entry: polib.POEntry, wording: polib.POEntry | None) -> str:
    """An entry as it stands in the file. Korean has one form for every number."""
    new = polib.POEntry(
        msgctxt=entry.msgctxt,
        msgid=entry.msgid,
        msgid_plural=entry.msgid_plural,
        flags=[flag for flag in entry.flags if flag != "fuzzy"],
    )
    if entry.msgid_plural:
        new.msgstr_plural = dict(wording.msgstr_plural) if wording else {0: ""}
    else:
        new.msgstr = wording.msgstr if wording else ""
    return str(new.__unicode__(wrapwidth=_WIDTH)).rstrip("\n")


def main() -> int:
    """Update the catalogues of this checkout."""
    with tempfile.TemporaryDirectory() as folder:
        collect(Path(folder))
        missing = update(ROOT, Path(folder))
    for context, text, _plural in missing:
        where = f" ({context})" if context else ""
        sys.stderr.write(f"no Korean wording yet: {text!r}{where}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
